import { hostNetwork } from '@shiplog/hostnet';
import type { Logger } from 'pino';
import { NftablesBackend } from './nftables/nftables-backend';
import { whyNoNftables } from './nftables/probe';
import { tableOf } from './nftables/domain/layout';
import type { ProxyBackend } from './proxy-backend';
import { nodePortAddressesOf, type ProxyConfig } from './settings';
import { UserspaceBackend } from './userspace/userspace-backend';

/** The backend that was asked for, or that this machine can run; says which, and why. */
export async function chooseBackend(config: ProxyConfig, logger: Logger): Promise<ProxyBackend> {
  const nodePortAddresses = nodePortAddressesOf(config);
  if (config.mode === 'userspace') {
    logger.info('services by listening sockets, as asked');
    return userspace(config, nodePortAddresses, logger);
  }
  const reason = await whyNoNftables(hostNetwork);
  if (reason === undefined) {
    logger.info('services by nftables');
    return new NftablesBackend({ ...config, table: tableOf(config.nodeName), nodePortAddresses }, logger);
  }
  if (config.mode === 'nftables') throw new Error(`PROXY_MODE is nftables, but that does not work here: ${reason}`);
  logger.warn({ reason }, 'nftables does not work here: services by listening sockets instead');
  return userspace(config, nodePortAddresses, logger);
}

function userspace(config: ProxyConfig, addresses: readonly string[], logger: Logger): ProxyBackend {
  const nodeIps = config.nodeIp === '' ? [] : config.nodeIp.split(',').map((ip) => ip.trim());
  const own = ['127.0.0.1', ...(nodeIps.length > 1 ? ['::1'] : []), ...nodeIps];
  return new UserspaceBackend({ addresses: addresses.length > 0 ? addresses : own }, logger);
}
