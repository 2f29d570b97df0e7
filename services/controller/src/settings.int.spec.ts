import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commonSettings, ConfigError, readConfig } from '@shiplog/service';
import { certificateOf, checkController, controllerSettings } from './settings';

describe('the certificate that the settings of the controller name', () => {
  let folder: string;
  const config = (file: string) =>
    readConfig({ ...commonSettings, ...controllerSettings }, { CA_FILE: join(folder, file) });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shiplog-controller-'));
    await writeFile(join(folder, 'ca.crt'), 'a certificate');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is what the file holds', () => {
    expect(certificateOf(config('ca.crt'))).toBe('a certificate');
  });

  it('is missed at the start, by the name of the setting and of the file', () => {
    const check = () => checkController(config('none.crt'));
    expect(check).toThrow(ConfigError);
    expect(check).toThrow(`CA_FILE is "${join(folder, 'none.crt')}", which can't be read: Error: ENOENT`);
  });
});
