import { newCommandId, type Bus } from '@shiplog/bus';
import type { AnyCommand, KubeObject } from '@shiplog/contracts';
import { HttpsClient, type Endpoint } from '../load/https-client';
import { monotonicMicroseconds, podOf } from '../load/pod';

/** Creates a namespace for one measurement. */
export async function makeNamespace(bus: Bus, name: string): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await send(bus, { type: 'CreateObject', data: { resource: 'namespaces', namespace: '', object } });
}

/** Creates so many pods `<prefix>-<number>`, as fast as the journal takes them. */
export async function makePods(bus: Bus, namespace: string, prefix: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
  const create = (name: string): Promise<void> => {
    const object = podOf(name, monotonicMicroseconds()) as KubeObject;
    return send(bus, { type: 'CreateObject', data: { resource: 'pods', namespace, object } });
  };
  await Promise.all(names.map(create));
  return names;
}

/** Removes all pods of a namespace, so that the next measurement begins with as little as the first. */
export function removePods(bus: Bus, namespace: string): Promise<void> {
  return send(bus, { type: 'DeleteCollection', data: { resource: 'pods', namespace, gracePeriodSeconds: 0 } });
}

/** What the API answers to a GET. Throws when that is no 200. */
export async function bodyOf(endpoint: Endpoint, path: string): Promise<Buffer> {
  const client = await HttpsClient.open(endpoint);
  const { body, status } = await client.ask('GET', path, undefined, true);
  client.close();
  if (status !== 200) throw new Error(`${path} was answered ${status}`);
  return body;
}

async function send(bus: Bus, command: Omit<AnyCommand, 'id' | 'actor'>): Promise<void> {
  const whole = { id: newCommandId(), actor: bus.identity.name, ...command } as AnyCommand;
  const reply = await bus.command(whole, { timeoutMs: 60_000 });
  if (!reply.ok) throw new Error(`${command.type} was refused: ${reply.status.message}`);
}
