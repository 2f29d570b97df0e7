import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Rig } from '../../../services/api/src/testing/rig';
import { hasApt } from '../../launcher/src/system/tools';
import { pythonClient } from './python-client';
import { samples } from './sample-kinds';

if (!hasApt()) it.skip("Debian's client for Python: there are no Debian packages on this machine", () => undefined);

(hasApt() ? describe : describe.skip)("Debian's client for Python", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start();
  });
  afterAll(async () => {
    await rig?.stop();
  });

  it('takes every kind through its life, and patches, pages, scales and watches by its typed clients', async () => {
    const client = await pythonClient();
    const file = join(rig.directory, 'manifests.json');
    // The namespace of that name would stay until a controller has emptied it.
    const manifests = samples().filter(({ row }) => row.id !== 'namespaces');
    await writeFile(file, JSON.stringify(manifests.map(({ manifest }) => manifest)));
    const program = join(__dirname, 'python_client.py');
    const args = [program, join(rig.directory, 'kubeconfig'), file];
    const options = { env: { ...process.env, ...client?.env, HOME: rig.directory }, timeout: 120_000 };
    const { stdout } = await promisify(execFile)(client?.python ?? 'python3', args, options);
    expect(stdout.trim().split('\n')).toEqual(['done']);
  });
});
