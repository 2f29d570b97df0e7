import type Docker from 'dockerode';

const IMAGE = 'busybox:1.36';

/**
 * Routes the services' range to this machine itself, so that an ordinary user's proxy may listen on cluster IPs and
 * pods find it there. The user lacks that right, but containers of their engine can have it.
 */
export function claimServiceRange(engine: Docker, cidr: string): Promise<void> {
  return onHostNetwork(engine, `ip route replace local ${cidr} dev lo`);
}

/** Gives the range back. */
export function releaseServiceRange(engine: Docker, cidr: string): Promise<void> {
  return onHostNetwork(engine, `ip route del local ${cidr} dev lo`);
}

/** Runs a command in the network of the engine's machine. Throws what it says when it fails. */
async function onHostNetwork(engine: Docker, command: string): Promise<void> {
  const container = await engine.createContainer({
    Image: IMAGE,
    Cmd: ['sh', '-c', command],
    Labels: { 'io.shiplog.launcher': 'service-range' },
    HostConfig: { NetworkMode: 'host', CapAdd: ['NET_ADMIN'] },
  });
  try {
    await container.start();
    const { StatusCode } = (await container.wait()) as { StatusCode: number };
    const said = await container.logs({ stdout: true, stderr: true });
    if (StatusCode !== 0) throw new Error(`${command}: ${said.toString('utf8').trim()}`);
  } finally {
    await container.remove({ force: true });
  }
}
