import { allowIpv6Forwarding, batch, type HostNetwork } from '@shiplog/hostnet';
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

/** What settings are of. */
interface WantedSettings {
  /** The interface that leads to the other nodes. */
  readonly device: string;
  readonly bridge: boolean;
  readonly tunnel: string | undefined;
  readonly isDualStack: boolean;
}

type Setting = readonly [path: string, value: string];

const conf = (family: 'ipv4' | 'ipv6', device: string, name: string): string =>
  `/proc/sys/net/${family}/conf/${device}/${name}`;

/** Settings of the kernel that pods need, beside what commands make. What is missing is said, not fatal. */
export async function applySettings(network: HostNetwork, wanted: WantedSettings, logger: Logger): Promise<void> {
  const settings: Setting[] = [
    ['/proc/sys/net/ipv4/ip_forward', '1'],
    [conf('ipv4', wanted.device, 'rp_filter'), LOOSE],
  ];
  if (wanted.bridge) {
    // What pods of one bridge send each other must pass the rules: those of services, which translate answers, and policies'.
    for (const program of ['iptables', 'ip6tables'])
      settings.push([`/proc/sys/net/bridge/bridge-nf-call-${program}`, '1']);
    settings.push([conf('ipv4', BRIDGE, 'rp_filter'), LOOSE], [conf('ipv4', BRIDGE, 'route_localnet'), '1']);
  }
  if (wanted.tunnel !== undefined) settings.push([conf('ipv4', wanted.tunnel, 'rp_filter'), LOOSE]);
  await set(network, wanted.isDualStack ? [...settings, ...settingsV6(wanted)] : settings, logger);
}

/** The node learns no routes from pods. */
function settingsV6({ bridge, tunnel }: WantedSettings): Setting[] {
  const own = [...(bridge ? [BRIDGE] : []), ...(tunnel === undefined ? [] : [tunnel])];
  return own.map((link): Setting => [conf('ipv6', link, 'accept_ra'), '0']);
}

/** That links have IPv6, those to come too, before they get addresses of it; and that the node forwards it. */
export async function allowV6(network: HostNetwork, links: readonly string[], logger: Logger): Promise<void> {
  const settings = ['default', ...links].map((link): Setting => [conf('ipv6', link, 'disable_ipv6'), '0']);
  await set(network, settings, logger);
  await allowIpv6Forwarding(network).catch((error: unknown) => {
    logger.warn({ err: error }, 'the node can’t be told to forward IPv6');
  });
}

async function set(network: HostNetwork, settings: readonly Setting[], logger: Logger): Promise<void> {
  for (const [path, value] of settings) {
    try {
      await network.setting(path, value);
    } catch (error) {
      logger.warn({ err: error, path, value }, 'a kernel setting that pods need could not be made');
    }
  }
}
