import type { BuiltIn } from '@shiplog/contracts';

interface Least {
  /** Where not any name will do. */
  readonly name?: string;
  readonly content?: object;
}

const LABELS = { a: 'b' };
const CONTAINERS = { containers: [{ name: 'c', image: 'busybox:1.36' }] };
const SELECTED = { selector: { matchLabels: LABELS }, template: { metadata: { labels: LABELS }, spec: CONTAINERS } };
const JOB = { template: { spec: { ...CONTAINERS, restartPolicy: 'Never' } } };
const CONSTRAINTS = {
  resourceRules: [{ operations: ['CREATE'], apiGroups: ['x.example.com'], apiVersions: ['v1'], resources: ['none'] }],
};
/** A request for a P-256 key, by OpenSSL. */
const REQUEST = `-----BEGIN CERTIFICATE REQUEST-----
MIHNMHQCAQAwEjEQMA4GA1UEAwwHbWluaW1hbDBZMBMGByqGSM49AgEGCCqGSM49
AwEHA0IABIMa7wPIP2lccgiXlavqbx3tHJ77FpVOweau8AMuVX5VFMbfNe09B4o5
0cfBNGpCuJpWOVaHBhVIGgxMLGP5xm2gADAKBggqhkjOPQQDAgNJADBGAiEAmIih
2uqBphASLt2TH3+xxqDZgwSAA5htTCZ2mXqc9lUCIQDmZAacJEViZW4bTiK4YgMP
RQQ0SdcYBHXn+6my3645Mg==
-----END CERTIFICATE REQUEST-----
`;

/** What an object needs beside what its schema requires, so that the rules of its kind let it be. */
export const LEAST: { readonly [R in BuiltIn]?: Least } = {
  pods: { content: { spec: CONTAINERS } },
  replicationcontrollers: { content: { spec: { ...SELECTED, selector: LABELS } } },
  services: { content: { spec: { ports: [{ port: 80 }] } } },
  persistentvolumeclaims: {
    content: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  },
  persistentvolumes: {
    content: { spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } } },
  },
  podtemplates: { content: { template: { spec: CONTAINERS } } },
  'endpointslices.discovery.k8s.io': { content: { addressType: 'IPv4' } },
  'apiservices.apiregistration.k8s.io': {
    name: 'v1.minimal.example.com',
    content: {
      spec: { group: 'minimal.example.com', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 },
    },
  },
  'mutatingadmissionpolicies.admissionregistration.k8s.io': {
    content: {
      spec: {
        matchConstraints: CONSTRAINTS,
        mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }],
        reinvocationPolicy: 'Never',
      },
    },
  },
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': { content: { spec: { policyName: 'x' } } },
  'validatingadmissionpolicies.admissionregistration.k8s.io': {
    content: { spec: { matchConstraints: CONSTRAINTS, validations: [{ expression: 'true' }] } },
  },
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': {
    content: { spec: { policyName: 'x', validationActions: ['Audit'] } },
  },
  'controllerrevisions.apps': { content: { data: { a: 1 } } },
  'daemonsets.apps': { content: { spec: SELECTED } },
  'deployments.apps': { content: { spec: SELECTED } },
  'replicasets.apps': { content: { spec: SELECTED } },
  'statefulsets.apps': { content: { spec: SELECTED } },
  'cronjobs.batch': { content: { spec: { schedule: '0 0 * * *', jobTemplate: { spec: JOB } } } },
  'jobs.batch': { content: { spec: JOB } },
  'certificatesigningrequests.certificates.k8s.io': {
    content: {
      spec: {
        request: Buffer.from(REQUEST).toString('base64'),
        signerName: 'example.com/x',
        usages: ['client auth'],
      },
    },
  },
  'flowschemas.flowcontrol.apiserver.k8s.io': { content: { spec: { priorityLevelConfiguration: { name: 'x' } } } },
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': {
    content: { spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } },
  },
  'ingressclasses.networking.k8s.io': { content: { spec: { controller: 'example.com/x' } } },
  'ingresses.networking.k8s.io': {
    content: { spec: { defaultBackend: { service: { name: 'x', port: { number: 80 } } } } },
  },
  'ipaddresses.networking.k8s.io': {
    name: '10.96.7.7',
    content: { spec: { parentRef: { resource: 'services', namespace: 'default', name: 'x' } } },
  },
  'servicecidrs.networking.k8s.io': { content: { spec: { cidrs: ['10.97.0.0/16'] } } },
  'clusterrolebindings.rbac.authorization.k8s.io': { content: { roleRef: { kind: 'ClusterRole', name: 'x' } } },
  'rolebindings.rbac.authorization.k8s.io': { content: { roleRef: { kind: 'Role', name: 'x' } } },
  'resourceslices.resource.k8s.io': {
    content: {
      spec: { driver: 'x', pool: { name: 'x', generation: 1, resourceSliceCount: 1 }, allNodes: true },
    },
  },
  'volumeattachments.storage.k8s.io': {
    content: { spec: { attacher: 'x', nodeName: 'x', source: { persistentVolumeName: 'x' } } },
  },
  'volumeattributesclasses.storage.k8s.io': { content: { driverName: 'x', parameters: LABELS } },
};
