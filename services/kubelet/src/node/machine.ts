import { readFile, statfs } from 'node:fs/promises';
import { arch, cpus, hostname, networkInterfaces, release, totalmem } from 'node:os';
import type { MachineFacts } from './render/node-status';

/** What every Linux has at least. */
const FEWEST_PIDS = 32_768;

/** What this machine is. Read once: none of it changes while a kubelet runs. */
export async function readMachine(stateDir: string, nodeIPs: readonly string[]): Promise<MachineFacts> {
  const [osRelease, machineID, bootID, productUUID, appArmor, pidMax, threadsMax, storage] = await Promise.all([
    textOf('/etc/os-release'),
    textOf('/etc/machine-id'),
    textOf('/proc/sys/kernel/random/boot_id'),
    textOf('/sys/class/dmi/id/product_uuid'),
    textOf('/sys/module/apparmor/parameters/enabled'),
    textOf('/proc/sys/kernel/pid_max'),
    textOf('/proc/sys/kernel/threads-max'),
    statfs(stateDir),
  ]);
  return {
    hostname: hostname(),
    ips: nodeIPs.length > 0 ? nodeIPs : [await detectIP()],
    cpus: cpus().length,
    memoryBytes: totalmem(),
    storageBytes: storage.blocks * storage.bsize,
    pids: Math.min(...[pidMax, threadsMax].map((most) => (most === '' ? FEWEST_PIDS : Number(most)))),
    kernel: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] ?? 'Linux',
    architecture: { x64: 'amd64' }[arch() as string] ?? arch(),
    machineID,
    bootID,
    systemUUID: productUUID === '' ? machineID : productUUID,
    appArmor: appArmor === 'Y',
  };
}

/** A file's text, '' where there is none: not every machine has each of them. */
async function textOf(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

const DEFAULT_DESTINATION = '00000000';

/** The address of the interface that the default route uses; without one, the first that isn't loopback. */
async function detectIP(): Promise<string> {
  const routes = (await textOf('/proc/net/route')).split('\n').map((line) => line.split('\t'));
  const device = routes.find((fields) => fields[1] === DEFAULT_DESTINATION)?.[0];
  const all = Object.entries(networkInterfaces());
  const ofDevice = all.filter(([name]) => name === device);
  const addresses = [...ofDevice, ...all].flatMap(([, list]) => list ?? []);
  return addresses.find((item) => item.family === 'IPv4' && !item.internal)?.address ?? '127.0.0.1';
}
