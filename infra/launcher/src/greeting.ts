import type { Cluster } from './cluster';
import { shellPath, shownPath } from './home';

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
    ...(cluster.mode.kind === 'minions' ? [names(cluster)] : []),
    ...(cluster.sampleUrl === undefined ? [] : [`    guestbook   ${cluster.sampleUrl}`]),
    '',
    `  Try, after  export KUBECONFIG=${shellPath(home.kubeconfig)}`,
    '',
    ...(cluster.sampleUrl === undefined ? WITHOUT_SAMPLE : WITH_SAMPLE),
    '',
  ];
  return lines.join('\n');
}

/** How this machine itself resolves the cluster's names: its proxy has the Services' addresses. */
function names({ layout }: Cluster): string {
  return `    names       *.cluster.local, of ${layout.clusterDns}: nslookup kubernetes.default.svc.cluster.local ${layout.clusterDns}`;
}

const WITH_SAMPLE = [
  '    kubectl get pods -o wide',
  '    kubectl scale deployment frontend --replicas=5',
  '    # the past: note a position, change something, and read the list as it was then',
  '    N=$(kubectl get deployment frontend -o jsonpath={.metadata.resourceVersion}); kubectl scale deployment frontend --replicas=1',
  '    kubectl get --raw "/api/v1/namespaces/default/pods?resourceVersion=$N&resourceVersionMatch=Exact"',
];
const WITHOUT_SAMPLE = [
  '    kubectl get nodes -o wide',
  '    kubectl run first --image=busybox:1.36 -- sleep 1000',
  '    # the past: note a position, change something, and read the list as it was then',
  '    N=$(kubectl get pod first -o jsonpath={.metadata.resourceVersion}); kubectl delete pod first',
  '    kubectl get --raw "/api/v1/namespaces/default/pods?resourceVersion=$N&resourceVersionMatch=Exact"',
];
