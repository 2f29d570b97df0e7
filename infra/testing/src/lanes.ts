/**
 * Where the integration tests use the machine itself: engines, kernel rules, network namespaces, mounts, a cluster's slot. There
 * is one of each, so these run one after the other. Patterns of paths.
 */
export const MACHINE: readonly string[] = [
  'services/(kubelet|network|proxy|dns)/',
  'infra/(launcher|clients|measure|e2e)/',
  'infra/[^/]+$',
  'libs/(hostnet|containerd)/',
];

/**
 * The integration tests as two runs side by side, as arguments for the test runner: those of the machine, and those whose parts
 * (Postgres, NATS, services) are processes of their own with ports and folders of their own. Each takes about half of the time.
 */
export const LANES: readonly (readonly string[])[] = [
  [...MACHINE],
  ['--testPathIgnorePatterns', '/node_modules/', ...MACHINE],
];
