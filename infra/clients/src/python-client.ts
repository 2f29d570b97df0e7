import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { settingsFrom } from '../../launcher/src/settings';
import { dependencyClosure, fetchPackages, unpackRoot } from '../../launcher/src/system/debian';
import { hasApt } from '../../launcher/src/system/tools';

const CLIENT = 'python3-kubernetes';
/** What Python programs need to run, without what sets a system up. */
const KEPT = /^(python3|libpython3|libyaml|libexpat|libffi)/;

/** How Debian's Python runs with its client of the API. */
export interface PythonClient {
  readonly python: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Where there are no Debian packages: the machine's own, which must have the package `kubernetes` (pip install kubernetes). */
const OWN: PythonClient = { python: 'python3', env: {} };

/** Debian's client of the API for Python, with the Python that it is for: fetched once, and not installed. */
export async function pythonClient(): Promise<PythonClient> {
  if (!hasApt()) return OWN;
  const { cache } = settingsFrom(process.env);
  const root = join(cache, 'packages', CLIENT);
  const python = join(root, 'usr', 'bin', 'python3');
  if (!existsSync(python) || !existsSync(join(root, 'usr', 'lib', 'python3', 'dist-packages', 'kubernetes'))) {
    const debs = await fetchPackages(await dependencyClosure([CLIENT], KEPT), join(cache, 'debs', CLIENT));
    await unpackRoot(debs, root);
  }
  const libraries = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  return { python, env: { PYTHONHOME: join(root, 'usr'), LD_LIBRARY_PATH: join(root, 'usr', 'lib', libraries) } };
}
