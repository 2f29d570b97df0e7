import type { ConnectRequest } from '@shiplog/admission';
import type { KubeObject } from '@shiplog/contracts';
import { infoOf } from './access-request';
import { flagParam, param, type Query } from './options';
import { nameOf, storedResource, type ResourceRequest } from './request';

const KINDS: ReadonlyMap<string, string> = new Map([
  ['exec', 'PodExecOptions'],
  ['attach', 'PodAttachOptions'],
  ['portforward', 'PodPortForwardOptions'],
]);
const FLAGS = ['stdin', 'stdout', 'stderr', 'tty'] as const;

/** A request to connect to something as admission is shown it. */
export function connectRequest(request: ResourceRequest): ConnectRequest {
  const { user, target } = request;
  const { row } = storedResource(request);
  const subresource = target.subresource?.name ?? '';
  const about = { row, subresource, namespace: target.namespace, name: nameOf(request) };
  return { ...about, user: infoOf(user), options: connectOptions(request) };
}

/** What a request to connect to something asks for, as the API has it. */
function connectOptions({ target, query }: ResourceRequest): KubeObject {
  const { name: subresource = '' } = target.subresource ?? {};
  const kind = KINDS.get(subresource) ?? `${target.resource.kind}ProxyOptions`;
  const base: KubeObject = { apiVersion: 'v1', kind, metadata: {} };
  if (subresource === 'proxy') return { ...base, path: proxiedPath(target.proxied ?? '') };
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

/**
 * What is proxied to, decoded, as Kubernetes has it of the parts of the whole path: of slashes before the first part one is the part's
 * own, of those behind the last one is left.
 */
function proxiedPath(proxied: string): string {
  const path = decodeURIComponent(proxied);
  const parts = path.slice(1, path.length - slashesBehind(path));
  const shown = parts === '' || parts.startsWith('/') ? parts : `/${parts}`;
  return path.endsWith('/') && !shown.endsWith('/') ? `${shown}/` : shown;
}

function slashesBehind(path: string): number {
  let count = 0;
  while (path[path.length - 1 - count] === '/') count += 1;
  return count;
}

/** Of any text: half of a character is none. */
function encoded(path: string): string {
  return Buffer.from(path).toString().split('/').map(encodeURIComponent).join('/');
}

/** The request that asks for other options in place of its own. */
export function withConnectOptions(request: ResourceRequest, options: KubeObject): ResourceRequest {
  const { target, query } = request;
  if (target.subresource?.name === 'proxy') {
    const { path } = options as { path?: string };
    return { ...request, target: { ...target, proxied: encoded(path ?? '') } };
  }
  const { apiVersion: _version, kind: _kind, ...fields } = options as unknown as Record<string, unknown>;
  const asked = Object.entries(fields).map(([name, value]) => [name, queryValue(value)]);
  const known = new Set<string>([...FLAGS, 'container', 'command', 'ports']);
  const others = Object.entries(query).filter(([name]) => !known.has(name));
  return { ...request, query: Object.fromEntries([...others, ...asked]) as Query };
}

function queryValue(value: unknown): string | string[] {
  return Array.isArray(value) ? value.map(String) : value === null ? [] : String(value);
}
