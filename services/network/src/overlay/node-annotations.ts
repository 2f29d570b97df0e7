import { newCommandId, type Bus } from '@shiplog/bus';

/** Tells the other nodes where this one is. Throws when the journal refuses or is away. */
export async function annotateNode(bus: Bus, node: string, annotations: Record<string, string>): Promise<void> {
  const reply = await bus.command({
    id: newCommandId(),
    type: 'PatchObject',
    actor: `system:node:${node}`,
    data: { resource: 'nodes', namespace: '', name: node, patchType: 'merge', patch: { metadata: { annotations } } },
  });
  if (!reply.ok) throw new Error(`the node's annotations were refused: ${reply.status.message ?? 'no reason given'}`);
}
