import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ProcessRecords } from '../processes/records';
import { Registry } from '../processes/registry';
import { askControl, controlSocket, serveControl } from './control';

describe('the control socket of a launcher', () => {
  const home = mkdtempSync(join(tmpdir(), 'shiplog-control-'));
  const registry = new Registry(new ProcessRecords(join(home, 'run')), () => undefined);
  afterAll(async () => {
    await registry.stop(() => undefined);
    rmSync(home, { recursive: true });
  });

  it('lies in a folder that is its user’s alone, whose path the kernel takes', () => {
    const { mode, uid } = statSync(dirname(controlSocket('/a/home'.repeat(50))));
    expect({ mode: mode & 0o777, uid }).toEqual({ mode: 0o700, uid: process.getuid!() });
    expect(controlSocket('/a/home'.repeat(50)).length).toBeLessThan(100);
    expect(controlSocket('/a')).not.toBe(controlSocket('/b'));
  });

  it('stops and starts a process, and names those there are when asked for another', async () => {
    const server = serveControl(home, registry);
    await once(server, 'listening');
    const spec = { name: 'sleeper', command: 'sleep', args: ['300'], log: join(home, 'sleeper.log'), rank: 0 };
    const managed = registry.start(spec);
    expect(await askControl(home, { verb: 'stop', name: 'sleeper' })).toEqual({ ok: true });
    expect(managed.state.kind).toBe('stopped');
    expect(await askControl(home, { verb: 'start', name: 'sleeper' })).toEqual({ ok: true });
    expect(managed.state.kind).toBe('running');
    expect(await askControl(home, { verb: 'stop', name: 'nobody' })).toMatchObject({ ok: false });
    server.close();
  });
});
