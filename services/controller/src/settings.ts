import { duration, integer, optionalText, text, type CommonConfig, type ConfigOf } from '@shiplog/service';

/** How the controller is configured, each setting by one environment variable. */
export const controllerSettings = {
  clusterCidr: text({
    env: 'CLUSTER_CIDR',
    says: 'The network of all pods; each node gets a part of it.',
    default: '10.244.0.0/16',
    pattern: /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/,
    example: '10.244.0.0/16',
  }),
  nodeCidrPrefix: integer({
    env: 'NODE_CIDR_PREFIX',
    says: "Length of each node's part of CLUSTER_CIDR.",
    default: 24,
    min: 8,
    max: 29,
  }),
  nodeMonitorGraceMs: duration({
    env: 'NODE_MONITOR_GRACE',
    says: 'How long a node may be silent before it counts as lost.',
    default: '40s',
    minMs: 500,
  }),
  podGcQuarantineMs: duration({
    env: 'POD_GC_QUARANTINE',
    says: 'How long a node object must have been gone before its pods are removed.',
    default: '40s',
  }),
  endedPodsKept: integer({
    env: 'TERMINATED_POD_GC_THRESHOLD',
    says: 'How many succeeded and failed pods are kept; the oldest above go.',
    default: 12_500,
  }),
  caFile: optionalText({
    env: 'CA_FILE',
    says: "The certificate (PEM) that signs the API's; published as ConfigMap kube-root-ca.crt in every namespace.",
  }),
};

export type ControllerConfig = ConfigOf<typeof controllerSettings> & CommonConfig;
