import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unprivileged } from '@shiplog/postgres';
import { eventually } from '@shiplog/testing';
import { engineAt } from '../launcher/src/engines/engine-client';
import { REPOSITORY } from '../launcher/src/settings';
import { PlainEngine } from '../testing/src/plain-engine';
import { TestCluster } from './support/cluster';
import { E2E_SLOT } from './support/place';

/** A slot that nothing else of the tests uses. */
const SLOT = '6';

describe('npm start by an ordinary user who has a Docker engine', () => {
  const shared = new TestCluster();
  const home = mkdtempSync(join(tmpdir(), 'shiplog-own-'));
  let plain: PlainEngine;
  let launcher: ChildProcess | undefined;

  beforeAll(async () => {
    plain = await PlainEngine.start(shared.home, E2E_SLOT);
  });
  afterAll(async () => {
    if (launcher?.exitCode === null) launcher.kill('SIGKILL');
    await plain.stop();
    rmSync(home, { recursive: true });
    await shared.close();
  });

  it('runs the guestbook on that engine, opens its page, and leaves nothing running', async () => {
    chmodSync(plain.dockerHost.replace('unix://', ''), 0o666);
    const args = [join(REPOSITORY, 'infra', 'bootstrap.mjs'), 'start'];
    const line = await unprivileged(process.execPath, args, home);
    if (line.user !== undefined) chownSync(home, line.user.uid, line.user.gid);
    const env = { ...process.env, HOME: home, SHIPLOG_HOME: home, SHIPLOG_SLOT: SLOT, DOCKER_HOST: plain.dockerHost };
    // The engine's machine, to this test, is the namespace that it runs in.
    launcher = spawn('nsenter', [`--net=/run/netns/${plain.netns}`, line.command, ...line.args], {
      env,
      cwd: REPOSITORY,
    });
    let said = '';
    launcher.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    launcher.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await eventually(
      () => {
        if (launcher?.exitCode !== null) throw new Error(said);
        return said.includes('Shiplog is ready');
      },
      { timeoutMs: 90_000 },
    );
    expect(said).toMatch(/guestbook +http:\/\/127\.0\.0\.1:\d+/);
    launcher.kill('SIGINT');
    await once(launcher, 'exit');
    expect(await engineAt(plain.dockerHost).listContainers()).toEqual([]);
  });
});
