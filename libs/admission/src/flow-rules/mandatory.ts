import type { FlowSchemaSpec, PriorityLevelConfigurationSpec } from '@shiplog/contracts';

export const EVERYTHING = {
  nonResourceRules: [{ nonResourceURLs: ['*'], verbs: ['*'] }],
  resourceRules: [{ apiGroups: ['*'], clusterScope: true, namespaces: ['*'], resources: ['*'], verbs: ['*'] }],
};
export const groups = (...names: string[]) => names.map((name) => ({ kind: 'Group', group: { name } }));

/** What the flow schemas that every server has must say, by their names (Kubernetes' internalbootstrap). */
export const MANDATORY_SCHEMAS: ReadonlyMap<string, FlowSchemaSpec> = new Map([
  [
    'exempt',
    {
      matchingPrecedence: 1,
      priorityLevelConfiguration: { name: 'exempt' },
      rules: [{ ...EVERYTHING, subjects: groups('system:masters') }],
    },
  ],
  [
    'catch-all',
    {
      distinguisherMethod: { type: 'ByUser' },
      matchingPrecedence: 10_000,
      priorityLevelConfiguration: { name: 'catch-all' },
      rules: [{ ...EVERYTHING, subjects: groups('system:unauthenticated', 'system:authenticated') }],
    },
  ],
]);

/** The same of priority levels; of `exempt`, what it is beside its shares. */
export const MANDATORY_LEVELS: ReadonlyMap<string, PriorityLevelConfigurationSpec> = new Map([
  ['exempt', { type: 'Exempt' }],
  [
    'catch-all',
    {
      limited: { lendablePercent: 0, limitResponse: { type: 'Reject' }, nominalConcurrencyShares: 5 },
      type: 'Limited',
    },
  ],
]);
