import type {
  CertificateSigningRequest,
  ClusterRoleBinding,
  ComponentStatus,
  FlowSchema,
  PriorityLevelConfiguration,
  RoleBinding,
} from '@shiplog/contracts';
import { ageOf, humanDuration } from '../duration';
import { AGE, count, NAME, NONE, text, wide, type Printer } from './column';

/** Both kinds of bindings: the role, and by `-o wide` who has it. */
export const roleBindingPrinter: Printer<RoleBinding | ClusterRoleBinding> = {
  columns: [
    NAME,
    text('Role', 'Which role is given.'),
    AGE,
    wide('Users', 'Which users have it.'),
    wide('Groups', 'Which groups have it.'),
    wide('ServiceAccounts', 'Which service accounts have it.'),
  ],
  cells({ metadata, roleRef, subjects = [] }, now) {
    const namesOf = (kind: string): string =>
      subjects
        .filter((subject) => subject.kind === kind)
        .map(({ name, namespace = '' }) =>
          kind === 'ServiceAccount' && namespace !== '' ? `${namespace}/${name}` : name,
        )
        .join(', ');
    return [
      metadata.name ?? '',
      `${roleRef.kind}/${roleRef.name}`,
      ageOf(metadata.creationTimestamp, now),
      namesOf('User'),
      namesOf('Group'),
      namesOf('ServiceAccount'),
    ];
  },
};

export const certificateSigningRequestPrinter: Printer<CertificateSigningRequest> = {
  columns: [
    NAME,
    AGE,
    text('SignerName', 'Who is to sign.'),
    text('Requestor', 'Who asks.'),
    text('RequestedDuration', 'How long the certificate is to be valid.'),
    text('Condition', 'Whether it is approved, and the certificate issued.'),
  ],
  cells({ metadata, spec, status }, now) {
    const { signerName, username = '', expirationSeconds } = spec;
    return [
      metadata.name ?? '',
      ageOf(metadata.creationTimestamp, now),
      signerName || NONE,
      username,
      expirationSeconds === undefined ? NONE : humanDuration(expirationSeconds * 1000),
      conditionOfRequest(status),
    ];
  },
};

function conditionOfRequest({ conditions = [], certificate = '' }: CertificateSigningRequest['status'] = {}): string {
  const has = (type: string): boolean => conditions.some((condition) => condition.type === type);
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decision}${has('Failed') ? ',Failed' : ''}${certificate === '' ? '' : ',Issued'}`;
}

export const flowSchemaPrinter: Printer<FlowSchema> = {
  columns: [
    NAME,
    text('PriorityLevel', 'Which priority level its requests have.'),
    count('MatchingPrecedence', 'The lowest of those that match a request decides.'),
    text('DistinguisherMethod', 'How its requests are told apart.'),
    AGE,
    text('MissingPL', 'Whether its priority level does not exist.'),
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name ?? '',
    spec?.priorityLevelConfiguration.name ?? '',
    spec?.matchingPrecedence ?? 0,
    spec?.distinguisherMethod?.type ?? NONE,
    ageOf(metadata.creationTimestamp, now),
    status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
  ],
};

export const priorityLevelConfigurationPrinter: Printer<PriorityLevelConfiguration> = {
  columns: [
    NAME,
    text('Type', 'Whether requests are limited.'),
    text('NominalConcurrencyShares', 'Its share of the requests in flight.'),
    text('Queues', 'How many queues there are.'),
    text('HandSize', 'How many queues a flow may use.'),
    text('QueueLengthLimit', 'How many requests may wait in a queue.'),
    AGE,
  ],
  cells({ metadata, spec }, now) {
    const queuing = spec?.limited?.limitResponse?.queuing;
    return [
      metadata.name ?? '',
      spec?.type ?? '',
      spec?.limited?.nominalConcurrencyShares ?? NONE,
      queuing?.queues ?? NONE,
      queuing?.handSize ?? NONE,
      queuing?.queueLengthLimit ?? NONE,
      ageOf(metadata.creationTimestamp, now),
    ];
  },
};

const HEALTH: ReadonlyMap<string, string> = new Map([
  ['True', 'Healthy'],
  ['False', 'Unhealthy'],
]);

export const componentStatusPrinter: Printer<ComponentStatus> = {
  columns: [
    NAME,
    text('Status', 'Whether the component is well.'),
    text('Message', 'What it said.'),
    text('Error', 'Why it could not be asked.'),
  ],
  cells({ metadata, conditions = [] }) {
    const health = conditions.find(({ type }) => type === 'Healthy');
    return [
      metadata.name ?? '',
      HEALTH.get(health?.status ?? '') ?? 'Unknown',
      health?.message ?? '',
      health?.error ?? '',
    ];
  },
};
