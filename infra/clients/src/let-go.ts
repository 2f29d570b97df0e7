import { eventually } from '@shiplog/testing';
import type { Rig } from '../../../services/api/src/testing/rig';
import type { Sample } from './sample-kinds';

interface Stored {
  readonly metadata: { readonly finalizers?: readonly string[]; readonly deletionTimestamp?: string };
  readonly spec?: { readonly finalizers?: readonly string[] };
}

/** Does the part of controllers that are not here, so that what was deleted goes. */
export async function letGo(rig: Rig, { path, row }: Sample): Promise<void> {
  const { code, body } = await rig.http('GET', path);
  if (code === 404) return;
  const object = JSON.parse(body) as Stored;
  if (object.metadata.deletionTimestamp === undefined) throw new Error(`${path} is not being deleted`);
  const merge = { 'content-type': 'application/merge-patch+json' };
  if (row.id === 'namespaces')
    await rig.http('PUT', `${path}/finalize`, { ...object, spec: { ...object.spec, finalizers: [] } });
  if (object.metadata.finalizers !== undefined)
    await rig.http('PATCH', path, { metadata: { finalizers: null } }, merge);
  await eventually(async () => (await rig.http('GET', path)).code === 404);
}
