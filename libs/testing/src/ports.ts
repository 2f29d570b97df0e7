import { createServer } from 'node:net';

/** Below the ports that the kernel gives to outgoing connections: one of those could take a server's while it is away. */
const FIRST = 12_000;
const LAST = 32_000;
const TRIES = 100;

/** A TCP port of 127.0.0.1 that was free just now; at random, so that two test runs beside each other seldom meet. */
export async function freePort(): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await isFree(port)) return port;
    if (tries >= TRIES) throw new Error(`none of ${TRIES} ports from ${FIRST} to ${LAST} is free`);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
