import { ProgramError, type HostNetwork } from '@shiplog/hostnet';
import type { Logger } from 'pino';
import { BRIDGE } from '../domain/names';

const RULES = [`-i ${BRIDGE} -j ACCEPT`, `-o ${BRIDGE} -j ACCEPT`];

/**
 * A Docker engine that manages iptables drops whatever is forwarded and isn't its own, and no rule of another table
 * can undo a drop: pods' packets need rules in that very chain. Where nothing drops, nothing is touched.
 */
export async function openForwarding(network: HostNetwork, logger: Logger): Promise<void> {
  const chain = await forwardChain(network);
  if (!chain.startsWith('-P FORWARD DROP')) return;
  for (const rule of RULES.filter((one) => !chain.includes(`-A FORWARD ${one}\n`))) {
    await network.run('iptables', ['-w', '-I', 'FORWARD', ...rule.split(' ')]);
    logger.info({ rule }, 'the engine’s rules drop forwarded packets: pods’ are let through');
  }
}

/** Takes the rules out again. */
export async function closeForwarding(network: HostNetwork): Promise<void> {
  const chain = await forwardChain(network);
  for (const rule of RULES.filter((one) => chain.includes(`-A FORWARD ${one}\n`))) {
    await network.run('iptables', ['-w', '-D', 'FORWARD', ...rule.split(' ')]);
  }
}

/** Nothing where there is no iptables, or none of its tables in the kernel: then it drops nothing either. */
async function forwardChain(network: HostNetwork): Promise<string> {
  try {
    return await network.run('iptables', ['-w', '-S', 'FORWARD']);
  } catch (error) {
    if (error instanceof ProgramError) return '';
    throw error;
  }
}
