import { readFileSync } from 'node:fs';
import { formatCidr, parseCidr } from '@shiplog/machinery';
import { ConfigError } from '@shiplog/service';
import type { ControllerNeeds } from './controllers';
import type { ControllerConfig } from './settings';

/** Injects what the controllers need that the configuration alone decides. */
export const STATIC_NEEDS = Symbol('static needs');
export type StaticNeeds = Omit<ControllerNeeds, 'heartbeats' | 'clock' | 'ask' | 'upToDate'>;

/** Reads what the settings point to. Throws a ConfigError that says which setting is wrong and why. */
export function readNeeds(config: ControllerConfig): StaticNeeds {
  const { nodeCidrPrefix, nodeMonitorGraceMs, podGcQuarantineMs, endedPodsKept } = config;
  const clusterCidr = parseCidr(config.clusterCidr);
  if (clusterCidr === undefined) {
    throw new ConfigError(
      `CLUSTER_CIDR is "${config.clusterCidr}", which is not an IPv4 network such as 10.244.0.0/16`,
    );
  }
  if (nodeCidrPrefix < clusterCidr.prefix) {
    throw new ConfigError(
      `NODE_CIDR_PREFIX is ${nodeCidrPrefix}, but no /${nodeCidrPrefix} fits into CLUSTER_CIDR ${formatCidr(clusterCidr)}`,
    );
  }
  const certificate = config.caFile === undefined ? undefined : readCertificate(config.caFile);
  return { clusterCidr, nodeCidrPrefix, nodeMonitorGraceMs, podGcQuarantineMs, endedPodsKept, certificate };
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`CA_FILE is "${path}", which can't be read: ${String(error)}`);
  }
}
