import Docker from 'dockerode';

/** A client of the engine at a `DOCKER_HOST` address. */
export function engineAt(dockerHost: string): Docker {
  if (dockerHost.startsWith('unix://')) return new Docker({ socketPath: dockerHost.slice('unix://'.length) });
  const url = new URL(dockerHost.replace(/^tcp:/, 'http:'));
  return new Docker({ host: url.hostname, port: Number(url.port || 2375), protocol: 'http' });
}

/** Whether an engine answers there. */
export async function pingEngine(dockerHost: string): Promise<boolean> {
  try {
    await engineAt(dockerHost).ping();
    return true;
  } catch {
    return false;
  }
}
