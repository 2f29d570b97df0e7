import { nodeActor } from '@shiplog/contracts';
import { patchOf } from '@shiplog/kube';
import { newCommandId, type Bus } from '@shiplog/bus';

/** Tells the other nodes where this one is. Throws when the journal refuses or is away. */
export async function annotateNode(bus: Bus, node: string, annotations: Record<string, string>): Promise<void> {
  const reply = await bus.command({
    id: newCommandId(),
    actor: nodeActor(node),
    ...patchOf('nodes', { metadata: { name: node } }, { metadata: { annotations } }, { patchType: 'merge' }),
  });
  if (!reply.ok) throw new Error(`the node's annotations were refused: ${reply.status.message ?? 'no reason given'}`);
}
