import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reachableResolvConf } from './resolv-conf';

const folder = mkdtempSync(join(tmpdir(), 'shiplog-resolv-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the resolv.conf that pods can use', () => {
  it.each([
    [
      'of a resolver on the loopback, that of what it asks',
      'nameserver 127.0.0.53\n',
      'nameserver 192.0.2.1\n',
      'upstream',
    ],
    [
      'the own one where a server is elsewhere',
      'nameserver 127.0.0.1\nnameserver 192.0.2.1\n',
      'nameserver 192.0.2.2\n',
      'own',
    ],
    ['the own one where nothing else is known', 'nameserver ::1\n', undefined, 'own'],
    ['the own one that is not there', undefined, 'nameserver 192.0.2.2\n', 'own'],
  ])('is %s', (title, own, upstream, expected) => {
    const at = (name: string): string => join(folder, `${title.replaceAll(/\W/g, '-')}-${name}`);
    if (own !== undefined) writeFileSync(at('own'), own);
    if (upstream !== undefined) writeFileSync(at('upstream'), upstream);
    expect(reachableResolvConf(at('own'), at('upstream'))).toBe(at(expected));
  });
});
