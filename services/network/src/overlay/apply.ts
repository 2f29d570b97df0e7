import { batch, type HostNetwork } from '@shiplog/hostnet';
import type { Logger } from 'pino';
import type { Commands } from '../domain/commands';
import { BRIDGE } from '../domain/names';

/** Carries planned commands out. Throws at the first that fails; what was done is seen at the next look. */
export async function apply(network: HostNetwork, commands: Commands): Promise<void> {
  await batch(network, 'ip', commands.ip);
  await batch(network, 'bridge', commands.bridge);
}

/** Loose reverse-path filtering (RFC 3704): answers may come back another way than a route to their source leads. */
const LOOSE = '2';

/** Settings of the kernel that pods need, beside what commands make. What is missing is said, not fatal. */
export async function applySettings(
  network: HostNetwork,
  wanted: { device: string; bridge: boolean; tunnel: string | undefined },
  logger: Logger,
): Promise<void> {
  const conf = (device: string, name: string): string => `/proc/sys/net/ipv4/conf/${device}/${name}`;
  const settings: [path: string, value: string][] = [
    ['/proc/sys/net/ipv4/ip_forward', '1'],
    [conf(wanted.device, 'rp_filter'), LOOSE],
  ];
  if (wanted.bridge) {
    // What pods of one bridge send each other must pass the rules: those of services, which translate answers, and policies'.
    for (const program of ['iptables', 'ip6tables'])
      settings.push([`/proc/sys/net/bridge/bridge-nf-call-${program}`, '1']);
    settings.push([conf(BRIDGE, 'rp_filter'), LOOSE], [conf(BRIDGE, 'route_localnet'), '1']);
  }
  if (wanted.tunnel !== undefined) settings.push([conf(wanted.tunnel, 'rp_filter'), LOOSE]);
  for (const [path, value] of settings) {
    try {
      await network.setting(path, value);
    } catch (error) {
      logger.warn({ err: error, path, value }, 'a kernel setting that pods need could not be made');
    }
  }
}
