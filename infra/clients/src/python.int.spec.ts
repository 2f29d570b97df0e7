import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Rig } from '../../../services/api/src/testing/rig';
import { pythonClient } from './python-client';
import { samples } from './sample-kinds';

describe('the client for Python', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start();
  });
  afterAll(async () => {
    await rig?.stop();
  });

  it('takes every kind through its life, and patches, pages, scales and watches by its typed clients', async () => {
    const { python, env } = await pythonClient();
    const file = join(rig.directory, 'manifests.json');
    // The namespace of that name would stay until a controller has emptied it.
    const manifests = samples().filter(({ row }) => row.id !== 'namespaces');
    await writeFile(file, JSON.stringify(manifests.map(({ manifest }) => manifest)));
    const program = join(__dirname, 'python_client.py');
    const args = [program, join(rig.directory, 'kubeconfig'), file];
    const options = { env: { ...process.env, ...env, HOME: rig.directory }, timeout: 120_000 };
    const { stdout } = await promisify(execFile)(python, args, options);
    expect(stdout.trim().split('\n')).toEqual(['done']);
  });
});
