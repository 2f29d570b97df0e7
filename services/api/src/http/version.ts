/** The version of Kubernetes' API that is served, and by whom. */
export const VERSION = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.0+shiplog',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'swc',
  platform: 'node',
} as const;
