import { parseIpRanges } from '@shiplog/apimachinery';
import { ConfigError, duration, flag, integer, optionalText, text, type ConfigOf } from '@shiplog/service';

/** The journal's settings, besides those that every service has. */
export const journalSettings = {
  databaseUrl: text({
    env: 'DATABASE_URL',
    description: 'The Postgres database that holds the log; only the journal opens it.',
    default: 'postgres://shiplog:shiplog@127.0.0.1:5432/shiplog',
    pattern: /^postgres(ql)?:\/\/\S+$/,
    example: 'postgres://user:password@host:5432/database',
  }),
  databasePasswordFile: optionalText({
    env: 'DATABASE_PASSWORD_FILE',
    description: 'The file that the password is in; DATABASE_URL then names the user alone.',
  }),
  serviceCidr: text({
    env: 'SERVICE_CIDR',
    description:
      'The range that Services get their addresses from; in a dual-stack cluster an IPv4 and an IPv6 range with a comma between.',
    default: '10.96.0.0/16',
  }),
  clusterCidr: text({
    env: 'CLUSTER_CIDR',
    description:
      "Where all pods have their addresses: a Node's podCIDRs must be parts of it. In a dual-stack cluster a range of each family, as SERVICE_CIDR.",
    default: '10.244.0.0/16',
  }),
  nodePortRange: text({
    env: 'NODE_PORT_RANGE',
    description: 'The ports that NodePort Services get theirs from.',
    default: '30000-32767',
    pattern: /^\d{1,5}-\d{1,5}$/,
    example: '30000-32767',
  }),
  leaseTtl: duration({
    env: 'LEASE_TTL',
    description: 'How long an active journal that hangs is waited for; one that dies is replaced at once.',
    default: '10s',
    minMs: 1_000,
  }),
  snapshotEvery: integer({
    env: 'SNAPSHOT_EVERY',
    description:
      'Events between two snapshots, at least: more when the state is larger than that, up to three times as many in a rush.',
    default: 50_000,
    min: 10,
  }),
  snapshotCalm: duration({
    env: 'SNAPSHOT_CALM',
    description:
      'For how long few events must have come before a snapshot is taken in place of waiting for the rush to pass.',
    default: '5s',
    minMs: 10,
  }),
  snapshotsKept: integer({
    env: 'SNAPSHOTS_KEPT',
    description: 'Snapshots kept; when there are more, the one that is least missed goes.',
    default: 20,
    min: 2,
  }),
  partitionSize: integer({
    env: 'PARTITION_SIZE',
    description: 'Events in one partition of the log: the unit of retention.',
    default: 500_000,
    min: 100,
  }),
  retentionEvents: integer({
    env: 'RETENTION_EVENTS',
    description: 'Events kept in the database, at least; older whole partitions are archived and leave. 0 keeps all.',
    default: 0,
  }),
  archiveDir: optionalText({
    env: 'ARCHIVE_DIR',
    description: 'Where partitions that leave are archived, gzipped; needed when RETENTION_EVENTS is set.',
  }),
  commandsKept: duration({
    env: 'COMMANDS_KEPT',
    description:
      'How long the answer of a command is kept: so long, the same id again gets it and has no other effect.',
    default: '1h',
    minMs: 60_000,
  }),
  commitEvents: integer({
    env: 'COMMIT_EVENTS',
    description: 'Events in one commit, at most.',
    default: 2_000,
    min: 1,
  }),
  cloudEvents: flag({
    env: 'CLOUD_EVENTS',
    description:
      'Whether each event is also published by itself, as a CloudEvent, for programs that are no part of Shiplog; its own services hear commits.',
    default: true,
  }),
};

export type JournalConfig = ConfigOf<typeof journalSettings>;

/** The settings that decisions depend on, as admission wants them. */
export function admissionSettings({
  serviceCidr,
  clusterCidr,
  nodePortRange,
}: Pick<JournalConfig, 'serviceCidr' | 'clusterCidr' | 'nodePortRange'>): {
  serviceCidr: string;
  clusterCidr: string;
  nodePortRange: [number, number];
} {
  const [first = 0, last = 0] = nodePortRange.split('-').map(Number);
  return { serviceCidr, clusterCidr, nodePortRange: [first, last] };
}

/** What no setting can say alone. Throws a ConfigError that names all that is wrong. */
export function checkSettings(config: JournalConfig): void {
  const wrong: string[] = [];
  const [first, last] = admissionSettings(config).nodePortRange;
  wrong.push(...wrongRanges(config));
  if (first < 1 || last > 65_535 || first > last) {
    wrong.push(`NODE_PORT_RANGE is "${config.nodePortRange}", which is no range of ports between 1 and 65535`);
  }
  if (config.retentionEvents > 0 && config.archiveDir === undefined) {
    wrong.push(
      'ARCHIVE_DIR must be set when RETENTION_EVENTS is: partitions leave the database only when they are archived',
    );
  }
  if (wrong.length > 0) throw new ConfigError(wrong.join('\n'));
}

/** Kubernetes' bound of the IPv6 range of Services, too. */
const SERVICE_CIDR_V6 = 108;

/** A cluster is of one family or of both, pods and Services alike. */
function wrongRanges({ serviceCidr, clusterCidr }: JournalConfig): string[] {
  const services = parseIpRanges(serviceCidr);
  const pods = parseIpRanges(clusterCidr);
  const wrong: string[] = [];
  if (services instanceof Error) wrong.push(`SERVICE_CIDR ${services.message}`);
  if (pods instanceof Error) wrong.push(`CLUSTER_CIDR ${pods.message}`);
  if (services instanceof Error || pods instanceof Error) return wrong;
  if (services.v6 !== undefined && services.v6.prefix < SERVICE_CIDR_V6) {
    const bound = `the length of its IPv6 range must be at least ${SERVICE_CIDR_V6}`;
    wrong.push(`SERVICE_CIDR is "${serviceCidr}", which is too large: ${bound}`);
  }
  if ((services.v6 === undefined) !== (pods.v6 === undefined)) {
    const both = `SERVICE_CIDR is "${serviceCidr}" and CLUSTER_CIDR is "${clusterCidr}"`;
    wrong.push(`${both}, but in a dual-stack cluster both have an IPv6 range, and in another neither`);
  }
  return wrong;
}
