import Docker from 'dockerode';

/** A client of the engine at a `DOCKER_HOST` address; it waits as long as an answer takes, unless a time is given. */
export function engineAt(dockerHost: string, timeout?: number): Docker {
  if (dockerHost.startsWith('unix://')) return new Docker({ socketPath: dockerHost.slice('unix://'.length), timeout });
  const url = new URL(dockerHost.replace(/^tcp:/, 'http:'));
  return new Docker({ host: url.hostname, port: Number(url.port || 2375), protocol: 'http', timeout });
}

/** Whether an engine answers there, within a time if one is given. */
export async function pingEngine(dockerHost: string, withinMs?: number): Promise<boolean> {
  try {
    await engineAt(dockerHost, withinMs).ping();
    return true;
  } catch {
    return false;
  }
}
