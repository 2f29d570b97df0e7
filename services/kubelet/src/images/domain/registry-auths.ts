import { decodeBase64, type EnvContext } from '../../container/render/env';
import type { RegistryAuth } from '../../runtime/runtime';

/**
 * Credentials out of the secrets that a pod names for its images, by registry host. What can't be read is left out: the
 * image is then asked for without, and the registry's answer is what the pod's author hears.
 */
export function registryAuths(context: EnvContext): ReadonlyMap<string, Credentials> {
  const namespace = context.pod.metadata.namespace ?? '';
  const auths = new Map<string, Credentials>();
  for (const { name = '' } of context.pod.spec?.imagePullSecrets ?? []) {
    const { '.dockerconfigjson': config, '.dockercfg': legacy } = context.source.secret(namespace, name)?.data ?? {};
    const hosts = config === undefined ? objectIn(legacy) : objectOr(objectIn(config)['auths']);
    for (const [host, given] of Object.entries(hosts)) {
      const auth = authOf(objectOr(given));
      if (auth !== undefined) auths.set(host, auth);
    }
  }
  return auths;
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
