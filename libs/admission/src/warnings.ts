import type { KubeObject, ResourceRow } from '@shiplog/contracts';
import { rulesOf } from './kinds';

/**
 * What a client should be told of an object that was admitted, in Kubernetes' words: it is allowed, and hardly what was
 * meant. `before` is there after an update.
 */
export function warningsOf(row: ResourceRow, object: KubeObject, before?: KubeObject): readonly string[] {
  return rulesOf(row).warnings?.(object, before) ?? [];
}
