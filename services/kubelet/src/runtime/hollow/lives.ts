import type { ContainerSpec } from '../runtime';
import { RuntimeError } from '../runtime';
import { lifecycleOfCommand } from './domain/command';
import {
  BadLifecycle,
  changesOf,
  readLifecycle,
  RUNS,
  type Lifecycle,
  type LifecycleChanges,
  type LifecycleRow,
} from './domain/lifecycle';

/** A container says by this variable what becomes of it: to a container that is a process it means nothing. */
const VARIABLE = 'HOLLOW_LIFECYCLE=';

/** What becomes of an image, before a container is made of it. */
export function lifecycleOfImage(image: string, rows: readonly LifecycleRow[]): Lifecycle {
  return { ...RUNS, ...changesOf(image, rows) };
}

/** What becomes of a container: as it says itself, else as its image's row does, else as its command would. Throws RuntimeError. */
export function lifecycleOf(spec: ContainerSpec, rows: readonly LifecycleRow[]): Lifecycle {
  const command = lifecycleOfCommand([...(spec.entrypoint ?? []), ...(spec.args ?? [])]);
  return { ...RUNS, ...command, ...changesOf(spec.identity.image, rows), ...ownChanges(spec) };
}

function ownChanges({ env }: ContainerSpec): LifecycleChanges {
  const text = env.find((line) => line.startsWith(VARIABLE))?.slice(VARIABLE.length);
  if (text === undefined) return {};
  try {
    return readLifecycle(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof BadLifecycle || error instanceof SyntaxError)) throw error;
    throw new RuntimeError('refused', `HOLLOW_LIFECYCLE: ${error.message}`);
  }
}
