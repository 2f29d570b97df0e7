import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Only at an address of the loopback do engines speak to a registry without TLS. */
const HOST = '127.0.0.1';

/** Answers as registries do that have no such image, or none for who asks (the errors of the distribution API). */
const PROGRAM = `
const refusals = {
  secret: [403, { code: 'DENIED', message: 'requested access to the resource is denied' }],
  none: [404, { code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }],
};
const server = require('node:http').createServer(({ url }, response) => {
  response.setHeader('Content-Type', 'application/json');
  if (url === '/v2/') return response.end('{}');
  const [status, error] = refusals[url.includes('/secret/') ? 'secret' : 'none'];
  response.statusCode = status;
  response.end(JSON.stringify({ errors: [error] }));
});
server.listen(0, '${HOST}', () => process.stdout.write(String(server.address().port)));
`;

/** A registry on a minion's own loopback, with no image for anybody. */
export class RefusingRegistry {
  private constructor(
    private readonly process: ChildProcess,
    /** As the names of its images begin. */
    readonly host: string,
  ) {}

  static async start(netns: string): Promise<RefusingRegistry> {
    const command = [`--net=/run/netns/${netns}`, process.execPath, '-e', PROGRAM];
    const child = spawn('nsenter', command, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    return new RefusingRegistry(child, `${HOST}:${port.toString()}`);
  }

  stop(): void {
    this.process.kill();
  }
}
