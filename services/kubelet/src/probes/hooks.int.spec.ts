import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LifecycleHandler } from '@shiplog/contracts';
import { FakeRuntime } from '../runtime/testing/fake-runtime';
import { container, pod } from '../testing/builders';
import { renderFallback, runHook } from './hooks';

const servers: Server[] = [];
const http = async (answer: RequestListener): Promise<number> => {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
const WHERE = 'for Container "main" in Pod "web_default(uid)"';

describe('a lifecycle hook', () => {
  afterAll(() => servers.forEach((server) => server.close()));

  const run = (hook: LifecycleHandler, answer = { exitCode: 0, output: '', timedOut: false }) => {
    const runtime = new FakeRuntime();
    const commands: unknown[] = [];
    runtime.exec = (_, command) => {
      commands.push(command);
      return Promise.resolve(answer);
    };
    const metadata = { name: 'web', namespace: 'default', uid: 'uid' };
    const at = { runtime, pod: pod({}, {}, metadata), container: container(), containerId: 'c', podIP: '127.0.0.1' };
    return runHook(hook, at, 1_000).then((result) => ({ result, commands }));
  };

  it('is a command as it stands', async () => {
    const command = ['touch', '$(DIR)'];
    expect(await run({ exec: { command } })).toEqual({ result: { ok: true, message: '' }, commands: [command] });
  });

  it('says of a command that failed what it said', async () => {
    const { result } = await run(
      { exec: { command: ['sh', '-c', 'x'] } },
      { exitCode: 3, output: 'no\n', timedOut: false },
    );
    expect(result).toEqual({
      ok: false,
      message: `Exec lifecycle hook ([sh -c x]) ${WHERE} failed - error: command 'sh -c x' exited with 3: no\n, message: "no\\n"`,
    });
  });

  it('takes any answer for done', async () => {
    const agents: unknown[] = [];
    const port = await http((request, response) => {
      agents.push(request.headers['user-agent']);
      response.writeHead(500).end();
    });
    expect((await run({ httpGet: { port } })).result).toEqual({ ok: true, message: '' });
    expect(agents).toEqual(['kube-lifecycle/1.32']);
  });

  it('says why there was none', async () => {
    const { result } = await run({ httpGet: { port: 1, path: '/x' } });
    const reason = 'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused';
    expect(result).toEqual({ ok: false, message: `HTTP lifecycle hook (/x) ${WHERE} failed - error: ${reason}` });
  });

  it('falls back to HTTP where HTTPS is not spoken, without what was to be kept secret', async () => {
    const asked: unknown[] = [];
    const port = await http(({ headers }, response) => {
      asked.push([headers.authorization, headers['x-a']]);
      response.end();
    });
    const httpHeaders = [
      { name: 'authorization', value: 'Bearer x' },
      { name: 'X-A', value: 'a' },
    ];
    const { result } = await run({ httpGet: { port, scheme: 'HTTPS', httpHeaders } });
    expect(result).toEqual({ ok: true, message: '', fallback: `127.0.0.1:${port}` });
    expect(asked).toEqual([[undefined, 'a']]);
    expect(renderFallback('a:1')).toBe(
      'request to HTTPS lifecycle hook a:1 got HTTP response, retry with HTTP succeeded',
    );
  });

  it('fails when it is a tcpSocket', async () => {
    expect((await run({ tcpSocket: { port: 80 } })).result).toMatchObject({ ok: false });
  });
});
