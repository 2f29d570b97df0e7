import type { ObjectOf, ServicePort } from '@shiplog/contracts';

type Service = ObjectOf<'services'>;

/** The Service that tells every pod where the API is. */
const MASTER = { namespace: 'default', name: 'kubernetes' };

/**
 * The variables by which pods find Services: those of the pod's namespace (unless it doesn't want them) and the API's.
 * For each: `NAME_SERVICE_HOST`, `NAME_SERVICE_PORT…`, and the older ones of Docker's links.
 */
export function renderServiceEnv(services: readonly Service[], namespace: string, links: boolean): Map<string, string> {
  const env = new Map<string, string>();
  const isMaster = ({ metadata }: Service): boolean =>
    metadata.namespace === MASTER.namespace && metadata.name === MASTER.name;
  const own = services.filter((item) => links && item.metadata.namespace === namespace && !isMaster(item));
  for (const service of [...services.filter(isMaster), ...own]) addService(env, service);
  return env;
}

function addService(env: Map<string, string>, { metadata, spec }: Service): void {
  const ip = spec?.clusterIP ?? '';
  const first = spec?.ports?.[0];
  if (ip === '' || ip === 'None' || first === undefined) return;
  const prefix = variableName(metadata.name);
  env.set(`${prefix}_SERVICE_HOST`, ip);
  env.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const port of spec?.ports ?? []) {
    if (port.name !== undefined && port.name !== '')
      env.set(`${prefix}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
  }
  env.set(`${prefix}_PORT`, urlOf(ip, first));
  for (const port of spec?.ports ?? []) addLink(env, prefix, ip, port);
}

function addLink(env: Map<string, string>, prefix: string, ip: string, port: ServicePort): void {
  const protocol = port.protocol ?? 'TCP';
  const base = `${prefix}_PORT_${port.port}_${protocol}`;
  env.set(base, urlOf(ip, port));
  env.set(`${base}_PROTO`, protocol.toLowerCase());
  env.set(`${base}_PORT`, String(port.port));
  env.set(`${base}_ADDR`, ip);
}

function urlOf(ip: string, port: ServicePort): string {
  const host = ip.includes(':') ? `[${ip}]` : ip;
  return `${(port.protocol ?? 'TCP').toLowerCase()}://${host}:${port.port}`;
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
