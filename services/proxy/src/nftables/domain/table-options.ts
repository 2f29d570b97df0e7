import { type IpFamily, ipFamilyOf } from '@shiplog/apimachinery';
import type { TableOptions } from './base';

/** What of the cluster and the node the rules depend on; of both families where a cluster is dual-stack. */
export interface NftablesOptions {
  /** The tables' name. */
  readonly table: string;
  /** Addresses of pods, as `10.244.0.0/16` or `10.244.0.0/16,fd00:10:244::/56`; '' when unknown: then every client counts as outside the cluster. */
  readonly clusterCidr: string;
  /** Addresses of services, written alike; '' when unknown: then an address without a service goes where routes lead. */
  readonly serviceCidr: string;
  /** Node ports answer on these addresses or networks only; empty: on every address of the node. */
  readonly nodePortAddresses: readonly string[];
}

/** What of it is of one family. Where node ports answer on some addresses only, and none is of the family, they answer on none. */
export function tableOptionsOf(options: NftablesOptions, family: IpFamily): TableOptions {
  const { table, nodePortAddresses } = options;
  const ofFamily = (item: string): boolean => ipFamilyOf(item.split('/')[0] ?? '') === family;
  const range = (pair: string): string =>
    pair
      .split(',')
      .map((text) => text.trim())
      .find(ofFamily) ?? '';
  return {
    table,
    family,
    clusterCidr: range(options.clusterCidr),
    serviceCidr: range(options.serviceCidr),
    nodePortAddresses: nodePortAddresses.length === 0 ? undefined : nodePortAddresses.filter(ofFamily),
  };
}
