import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../launcher/src/settings';
import { MACHINE } from './lanes';

const MACHINE_PARTS = /\b(docker|dockerd|netns|nsenter|nft|iptables|containerd|cgroup|onLinuxAsRoot|SLOT)\b/i;
const specs = ['contracts', 'infra', 'libs', 'services'].flatMap((folder) =>
  readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.int.spec.ts'))
    .map((path) => join(folder, path)),
);
const isOfMachine = (path: string) => MACHINE.some((pattern) => new RegExp(pattern).test(path));

describe('the two lanes of integration tests', () => {
  it('have about as many specs each', () => {
    const share = specs.filter(isOfMachine).length / specs.length;
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.7);
  });

  it('meet nowhere: what uses parts of the machine runs in its lane', () => {
    const strays = specs.filter(
      (path) => !isOfMachine(path) && MACHINE_PARTS.test(readFileSync(join(REPOSITORY, path), 'utf8')),
    );
    expect(strays).toEqual([]);
  });
});
