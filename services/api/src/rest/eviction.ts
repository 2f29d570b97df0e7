import type { CommandData, ObjectKey } from '@shiplog/contracts';
import { isJsonObject, statusOf } from '@shiplog/apimachinery';
import { throwStatus } from './errors';
import { deletionOf, dryRunOf } from './options';

/** The same object in both: older clients know only the one. */
const VERSIONS: readonly unknown[] = ['policy/v1', 'policy/v1beta1'];

type Query = Parameters<typeof deletionOf>[0];

/** An Eviction that was submitted for a pod, as a command. 400 for what is none, and for one of another pod. */
export function evictionOf(
  { namespace, name }: ObjectKey,
  sent: Readonly<Record<string, unknown>>,
  query: Query,
): { data: CommandData['EvictPod']; dryRun: boolean } {
  const { kind = 'Eviction', apiVersion = 'policy/v1', metadata, deleteOptions } = sent;
  if (kind !== 'Eviction' || !VERSIONS.includes(apiVersion)) {
    const found = `${String(apiVersion)}, Kind=${String(kind)}`;
    throwStatus(statusOf.badRequest(`not a Eviction object: ${found}`));
  }
  if ((isJsonObject(metadata) ? (metadata['name'] ?? '') : '') !== name) {
    throwStatus(statusOf.badRequest('name in URL does not match name in Eviction object'));
  }
  // The query is of the creation of the Eviction; how the pod goes is in the Eviction alone.
  const { dryRun, ...options } = deletionOf({}, isJsonObject(deleteOptions) ? deleteOptions : undefined);
  return { data: { namespace, name, ...options }, dryRun: dryRun || dryRunOf(query['dryRun'], 'CreateOptions') };
}
