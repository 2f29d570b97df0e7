import type { Cluster } from './cluster';
import { shownPath } from './home';

/** What a user sees once the cluster is ready. */
export function greeting(cluster: Cluster, seconds: number): string {
  const { home } = cluster;
  const kubeconfig = shownPath(home.kubeconfig);
  const lines = [
    '',
    `  Shiplog is ready (${seconds.toFixed(1)} s).`,
    '',
    `    API         ${cluster.apiUrl}`,
    `    kubeconfig  ${kubeconfig}`,
    ...(cluster.sampleUrl === undefined ? [] : [`    guestbook   ${cluster.sampleUrl}`]),
    '',
    `  Try, after  export KUBECONFIG=${kubeconfig}`,
    '',
    '    kubectl get pods -o wide',
    '    kubectl scale rc frontend --replicas=5',
    '    # the past: note a position, change something, and read the list as it was then',
    '    N=$(kubectl get rc frontend -o jsonpath={.metadata.resourceVersion}); kubectl scale rc frontend --replicas=1',
    '    kubectl get --raw "/api/v1/namespaces/default/pods?resourceVersion=$N&resourceVersionMatch=Exact"',
    '',
  ];
  return lines.join('\n');
}
