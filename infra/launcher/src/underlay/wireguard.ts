import { LauncherFailure, sentenceOf } from '../failure';
import { run } from '../system/run';
import { ensureTools } from '../system/tools';

const PROBE = 'shiplogprobe';

/**
 * Makes sure that nodes of this machine can speak WireGuard.
 * @throws LauncherFailure where the kernel has none: pods' packets must not travel as they are instead
 */
export async function ensureWireguard(say: (text: string) => void): Promise<void> {
  await ensureTools({ wg: 'wireguard-tools' }, 'WireGuard is set up by it', say);
  try {
    await run('ip', ['link', 'add', PROBE, 'type', 'wireguard']);
  } catch (error) {
    throw new LauncherFailure(
      `This kernel has no WireGuard: ${sentenceOf(error)}.`,
      'modprobe wireguard (Linux 5.6 or later), or another --backend: vxlan or host-gw',
    );
  }
  await run('ip', ['link', 'del', PROBE]);
}
