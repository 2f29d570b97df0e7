/** An object as it was made. */
export interface Made {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** What a pod has from where it belongs. */
export interface PodPlace {
  readonly app: string;
  readonly namespace: string;
  /** The uid of its ReplicationController, which is called as the app is. */
  readonly controller: string;
  /** The number of its node. */
  readonly node: number;
}

const SIDECAR = 'registry.example/mesh/sidecar:2.9.1';

/** A moment for each number, RFC 3339. */
export function time(n: number): string {
  return `${new Date(Date.UTC(2026, 0, 1) + n * 1_370).toISOString().slice(0, 19)}Z`;
}

/** A pod that runs, with all that admission and a kubelet have written into it: 6 kB of JSON. */
export function podOf(n: number, { app, namespace, controller, node }: PodPlace): Made {
  const owner = { apiVersion: 'v1', kind: 'ReplicationController', name: app, uid: controller };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${app}-${hex(n, 4).slice(0, 5)}${n}`,
      generateName: `${app}-`,
      namespace,
      labels: { app, tier: 'frontend', 'app.kubernetes.io/part-of': 'shop', 'pod-template-hash': hex(node, 0) },
      annotations: { 'example.org/owner': 'team-shop', 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' },
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
      uid: `${hex(n, 1)}-4000-8000-a000-${hex(n, 2)}${hex(n, 3).slice(0, 4)}`,
      creationTimestamp: time(n),
    },
    spec: { ...podSpec(app), nodeName: `minion-${node}` },
    status: podStatus(n, app, node),
  };
}

/** As a ReplicationController's template has it, with its defaults. */
export function podSpec(app: string): Record<string, unknown> {
  const stays = { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 };
  return {
    volumes: [{ name: 'config', configMap: { name: `${app}-config`, defaultMode: 420 } }, accountVolume()],
    containers: [container('web', imageOf(app), app), container('sidecar', SIDECAR, app)],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'default',
    serviceAccount: 'default',
    securityContext: {},
    schedulerName: 'default-scheduler',
    tolerations: ['not-ready', 'unreachable'].map((key) => ({ key: `node.kubernetes.io/${key}`, ...stays })),
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

function accountVolume(): object {
  const fieldRef = { apiVersion: 'v1', fieldPath: 'metadata.namespace' };
  const sources = [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef }] } },
  ];
  return { name: 'kube-api-access', projected: { sources, defaultMode: 420 } };
}

function container(name: string, image: string, app: string): object {
  const variables = ['REDIS_HOST', 'LOG_LEVEL', 'DATABASE_URL', 'FEATURES', 'REGION', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
  const podName = { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } };
  return {
    name,
    image,
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: [
      ...variables.map((variable) => ({ name: variable, value: `value of ${variable} for ${app}` })),
      { name: 'POD_NAME', valueFrom: podName },
    ],
    resources: { limits: { cpu: '500m', memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
    volumeMounts: [
      { name: 'config', mountPath: '/etc/service', readOnly: true },
      { name: 'kube-api-access', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
    ],
    livenessProbe: probe('/healthz'),
    readinessProbe: probe('/ready'),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
  };
}

function probe(path: string): object {
  const timing = {
    initialDelaySeconds: 5,
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  };
  return { httpGet: { path, port: 8080, scheme: 'HTTP' }, ...timing };
}

function podStatus(n: number, app: string, node: number): object {
  const [ip, hostIP] = [`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, `172.30.${node >> 8}.${node & 255}`];
  const types = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
  return {
    phase: 'Running',
    conditions: types.map((type, i) => ({
      type,
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: time(n + i),
    })),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP: ip,
    podIPs: [{ ip }],
    startTime: time(n + 1),
    containerStatuses: [containerStatus(n, 'web', imageOf(app)), containerStatus(n, 'sidecar', SIDECAR)],
    qosClass: 'Burstable',
  };
}

function containerStatus(n: number, name: string, image: string): object {
  const id = Array.from({ length: 8 }, (_, i) => hex(n, i + name.length)).join('');
  return {
    name,
    state: { running: { startedAt: time(n + 4) } },
    lastState: {},
    ready: true,
    restartCount: 0,
    image,
    imageID: `sha256:${image.length}f0e2a8f5b1c0d9e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e`,
    containerID: `docker://${id}`,
    started: true,
  };
}

function imageOf(app: string): string {
  return `registry.example/shop/${app}:1.24.3`;
}

/** Eight digits that look like chance, and are always the same. */
function hex(n: number, of: number): string {
  return (Math.imul(n + 1, 2_654_435_761 + of) >>> 0).toString(16).padStart(8, '0');
}
