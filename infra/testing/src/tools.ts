import { delimiter, dirname } from 'node:path';
import { staticBusybox } from '../../launcher/src/images/image-roots';
import { settingsFrom } from '../../launcher/src/settings';
import { folderOf, programFromPackage } from '../../launcher/src/system/debian';
import { toolPath } from '../../launcher/src/system/run';
import { ensureTools, hasApt, isRoot } from '../../launcher/src/system/tools';

/** What integration and end-to-end tests call, and the Debian package that brings it. */
const TOOLS = {
  ip: 'iproute2',
  nft: 'nftables',
  arping: 'iputils-arping',
  dockerd: 'docker.io',
  containerd: 'containerd',
  runc: 'runc',
  wg: 'wireguard-tools',
  // Where the kernel has no WireGuard.
  'wireguard-go': 'wireguard-go',
  curl: 'curl',
  openssl: 'openssl',
  // What has pods end before their machine does.
  'dbus-daemon': 'dbus',
  busctl: 'systemd',
  '/usr/lib/python3/dist-packages/dbus/service.py': 'python3-dbus',
  '/usr/lib/python3/dist-packages/gi/__init__.py': 'python3-gi',
};

/** Installs the programs that tests call; answers a PATH that has them all. */
export async function prepareTools(): Promise<string> {
  const say = (text: string): void => void process.stdout.write(`  ${text}\n`);
  if (process.platform === 'linux' && isRoot()) await ensureTools(TOOLS, 'tests call them', say);
  const { cache } = settingsFrom(process.env);
  const folders: (string | undefined)[] = [];
  if (hasApt()) {
    folders.push(await folderOf('nats-server', 'nats-server', 'usr/sbin/nats-server', cache));
    if ((await staticBusybox()) === undefined)
      folders.push(dirname(await programFromPackage('busybox-static', 'bin/busybox', cache)));
    folders.push(await folderOf('docker-registry', 'docker-registry', 'usr/bin/docker-registry', cache));
    folders.push(await folderOf('kubectl', 'kubernetes-client', 'usr/bin/kubectl', cache));
  }
  return [...folders.filter((folder) => folder !== undefined), toolPath()].join(delimiter);
}
