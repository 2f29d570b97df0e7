import { nodeActor, type ObjectOf } from '@shiplog/contracts';
import { patchOf } from '@shiplog/kube';
import { newCommandId, type Bus } from '@shiplog/bus';

/** Tells the other nodes where this one is, as its Node did not say so. Throws when the journal refuses or is away. */
export async function annotateNode(
  bus: Bus,
  { metadata: { name, resourceVersion } }: Pick<ObjectOf<'nodes'>, 'metadata'>,
  annotations: Record<string, string>,
): Promise<void> {
  const reply = await bus.command({
    id: newCommandId(),
    actor: nodeActor(name),
    cause: Number(resourceVersion),
    ...patchOf('nodes', { metadata: { name } }, { metadata: { annotations } }, { patchType: 'merge' }),
  });
  if (!reply.ok) throw new Error(`the node's annotations were refused: ${reply.status.message ?? 'no reason given'}`);
}
