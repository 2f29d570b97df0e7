import type { KubeObject } from '@shiplog/contracts';
import { flagParam, param } from './options';
import type { ResourceRequest } from './request';

const KINDS: ReadonlyMap<string, string> = new Map([
  ['exec', 'PodExecOptions'],
  ['attach', 'PodAttachOptions'],
  ['portforward', 'PodPortForwardOptions'],
]);
const FLAGS = ['stdin', 'stdout', 'stderr', 'tty'] as const;

/** What a request to connect to something asks for, as the API has it and admission is shown it. */
export function connectOptions({ target, query }: ResourceRequest): KubeObject {
  const { name: subresource = '' } = target.subresource ?? {};
  const kind = KINDS.get(subresource) ?? `${target.resource.kind}ProxyOptions`;
  const base: KubeObject = { apiVersion: 'v1', kind, metadata: {} };
  if (subresource === 'proxy') return { ...base, path: target.proxied ?? '' };
  if (subresource === 'portforward') {
    const ports = [query['ports'] ?? []].flat().flatMap((text) => text.split(','));
    return { ...base, ports: ports.filter((text) => /^\d{1,5}$/.test(text)).map(Number) };
  }
  const container = param(query, 'container');
  const command = [query['command'] ?? []].flat();
  return {
    ...base,
    ...Object.fromEntries(FLAGS.map((name) => [name, flagParam(query, name)])),
    ...(container === undefined ? {} : { container }),
    ...(subresource === 'exec' ? { command } : {}),
  };
}
