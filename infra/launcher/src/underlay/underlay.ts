import { existsSync, writeFileSync } from 'node:fs';
import { closeForwarding, openForwarding } from '@shiplog/hostnet';
import type { Layout, MinionLayout } from '../layout';
import { run, succeeds } from '../system/run';
import { bridgeCommands, underlayRules, hardwareAddress, hostVethCommands, minionCommands } from './plan/underlay';

/** The host's programs as the launcher finds them. */
const hostTools = { run: (program: string, args: readonly string[]) => run(program, args) };

/** Makes the bridge and the host's rules. What is there already stays: containers may be attached to it. */
export async function makeUnderlay(layout: Layout): Promise<void> {
  if (!(await linkExists(layout.bridge))) {
    const address = hardwareAddress(layout.hostAddress);
    await run('ip', ['link', 'add', 'name', layout.bridge, 'address', address, 'type', 'bridge']);
  }
  if (layout.underlay6 !== undefined) await run('sysctl', ['-qw', `net.ipv6.conf.${layout.bridge}.disable_ipv6=0`]);
  await batch([], bridgeCommands(layout));
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  await run('nft', ['-f', '-'], { input: underlayRules(layout) });
  await openForwarding(hostTools, layout.bridge);
}

/** Makes a minion's namespace and its veth to the bridge. */
export async function plugMinion(layout: Layout, minion: MinionLayout): Promise<void> {
  if (!existsSync(netnsPath(minion))) await run('ip', ['netns', 'add', minion.netns]);
  if (!(await succeeds('ip', ['-n', minion.netns, 'link', 'show', 'eth0']))) {
    await removeLink(minion.veth);
    const end = ['name', 'eth0', 'address', hardwareAddress(minion.address), 'netns', minion.netns];
    await run('ip', ['link', 'add', minion.veth, 'type', 'veth', 'peer', ...end]);
  }
  await batch([], hostVethCommands(layout, minion));
  await run('nsenter', [`--net=${netnsPath(minion)}`, 'sysctl', '-qw', ...forwarding(layout)]);
  await batch(['-n', minion.netns], minionCommands(layout, minion));
}

/** What makes a minion the router of its pods. */
function forwarding({ underlay6 }: Layout): string[] {
  const v6 = ['net.ipv6.conf.all.disable_ipv6=0', 'net.ipv6.conf.all.forwarding=1'];
  return ['net.ipv4.ip_forward=1', ...(underlay6 === undefined ? [] : v6)];
}

/** Removes every namespace, veth, bridge and rule of a slot, also those of minions that are no longer asked for. */
export async function removeUnderlay(layout: Layout): Promise<void> {
  const names = [...(await run('ip', ['netns', 'list'])).matchAll(/^\S+/gm)].map((match) => match[0]);
  // A namespace that a process still holds outlives its name, and keeps its veth: those go first, by themselves.
  for (const veth of (await linkNames()).filter((link) => layout.vethPattern.test(link))) await removeLink(veth);
  for (const name of names.filter((n) => layout.netnsPattern.test(n))) await run('ip', ['netns', 'del', name]);
  await removeLink(layout.bridge);
  if (await succeeds('nft', ['list', 'table', 'ip', layout.underlayTable]))
    await run('nft', ['delete', 'table', 'ip', layout.underlayTable]);
  await closeForwarding(hostTools, layout.bridge);
}

/** Where a namespace is entered. */
export function netnsPath(minion: MinionLayout): string {
  return `/run/netns/${minion.netns}`;
}

async function removeLink(name: string): Promise<void> {
  try {
    await run('ip', ['link', 'del', name]);
  } catch (error) {
    // It may have gone with its other end.
    if (await linkExists(name)) throw error;
  }
}

async function linkNames(): Promise<string[]> {
  return (JSON.parse(await run('ip', ['-j', 'link', 'show'])) as { ifname: string }[]).map((link) => link.ifname);
}

function linkExists(name: string): Promise<boolean> {
  return succeeds('ip', ['link', 'show', name]);
}

function batch(args: readonly string[], commands: readonly string[]): Promise<string> {
  return run('ip', [...args, '-batch', '-'], { input: `${commands.join('\n')}\n` });
}
