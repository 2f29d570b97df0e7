import { decodeBase64, type EnvContext } from '../../container/render/env';
import type { RegistryAuth } from '../../runtime/runtime';
import { registryOf, withRegistry } from './reference';

/** Credentials, and for which images: a host, with a port and the beginning of a path or without; parts of the host may be `*`. */
export interface RegistryLogin {
  readonly location: string;
  readonly auth: RegistryAuth;
}

/** What Docker's tools write for its own registry. */
const DEFAULT_HOSTS: ReadonlySet<string> = new Set(['index.docker.io', 'docker.io', 'registry-1.docker.io']);

/**
 * Credentials out of the secrets that a pod names for its images. What can't be read is left out: the image is then asked for
 * without, and the registry's answer is what the pod's author hears.
 */
export function registryLogins(context: EnvContext): readonly RegistryLogin[] {
  const namespace = context.pod.metadata.namespace ?? '';
  const logins: RegistryLogin[] = [];
  for (const { name = '' } of context.pod.spec?.imagePullSecrets ?? []) {
    const { '.dockerconfigjson': config, '.dockercfg': legacy } = context.source.secret(namespace, name)?.data ?? {};
    const hosts = config === undefined ? objectIn(legacy) : objectOr(objectIn(config)['auths']);
    for (const [host, given] of Object.entries(hosts)) {
      const auth = authOf(objectOr(given));
      const location = locationOf(host);
      if (auth !== undefined && location !== undefined)
        logins.push({ location, auth: { ...auth, serveraddress: host } });
    }
  }
  return logins;
}

/**
 * Those that are for an image, in the order in which they are tried: the most specific first, then as the pod names them
 * (DockerKeyring.Lookup in pkg/credentialprovider).
 */
export function authsFor(reference: string, logins: readonly RegistryLogin[]): readonly RegistryAuth[] {
  const image = withRegistry(reference);
  const isDefault = DEFAULT_HOSTS.has(registryOf(reference));
  return logins
    .filter(({ location }) => isFor(location, image) || (isDefault && DEFAULT_HOSTS.has(location)))
    .sort((a, b) => (a.location < b.location ? 1 : a.location > b.location ? -1 : 0))
    .map(({ auth }) => auth);
}

/** `registry.example.org:5000/team` of `https://registry.example.org:5000/v2/team/`; undefined for what is none. */
function locationOf(host: string): string | undefined {
  const [, name = '', path = ''] = /^(?:https?:\/\/)?([^/]+)(\/.*)?$/.exec(host) ?? [];
  const own = path.replace(/^\/v[12](?=\/|$)/, '').replace(/\/+$/, '');
  return name === '' ? undefined : name + own;
}

/** Part by part: a `*` never reaches over a dot. */
function isFor(location: string, image: string): boolean {
  const [wanted, given] = [split(location), split(image)];
  if (wanted.port !== given.port || wanted.parts.length !== given.parts.length) return false;
  return given.path.startsWith(wanted.path) && wanted.parts.every((part, i) => matches(part, given.parts[i] ?? ''));
}

function split(location: string): { parts: string[]; port: string; path: string } {
  const slash = location.indexOf('/');
  const authority = slash < 0 ? location : location.slice(0, slash);
  const [, host = authority, port = ''] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? [];
  return { parts: host.split('.'), port, path: slash < 0 ? '' : location.slice(slash) };
}

/** Without regular expressions of a user's making: a star takes what is before, behind and between the other parts. */
function matches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === text;
  const last = rest.pop() ?? '';
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= text.length - last.length;
}

/** How a registry knows who asks. */
type Credentials = Pick<RegistryAuth, 'username' | 'password'>;

function authOf({ auth, username = '', password = '' }: Record<string, unknown>): Credentials | undefined {
  if (typeof auth === 'string' && auth !== '') {
    const [user = '', ...rest] = decodeBase64(auth).split(':');
    return { username: user, password: rest.join(':') };
  }
  return typeof username === 'string' && typeof password === 'string' ? { username, password } : undefined;
}

/** The object that a secret's value is as JSON; an empty one when it is none. */
function objectIn(base64: string | undefined): Record<string, unknown> {
  try {
    return objectOr(JSON.parse(decodeBase64(base64 ?? '')));
  } catch {
    return {};
  }
}

function objectOr(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
