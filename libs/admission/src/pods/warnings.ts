import type { Container, ContainerPort, ObjectMeta, PodSpec, Volume } from '@shiplog/contracts';
import { dnsLabel, parseQuantity } from '@shiplog/apimachinery';

const BYTES = ['memory', 'ephemeral-storage'];
const MILLI = 1_000n;
const NULL_SELECTOR = 'a null labelSelector results in matching no pod';
const DEPRECATED_NODE_LABELS: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
]);
const DEPRECATED_VOLUMES: readonly (readonly [keyof Volume, string])[] = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

/** What is odd with a name that pods are called by: `use` says where it comes to stand. */
export function nameWarnings({ name = '' }: ObjectMeta, use: string): string[] {
  const wrong = dnsLabel(name);
  if (wrong.length === 0) return [];
  const advice = 'which can result in surprising behavior; a DNS label is recommended';
  return [`metadata.name: ${use}, ${advice}: [${wrong.join(' ')}]`];
}

/** What Kubernetes accepts of a pod and warns of all the same (pkg/api/pod/warnings.go). */
export function podSpecWarnings(spec: PodSpec, at: string): string[] {
  const { initContainers = [], containers } = spec;
  const all: (readonly [Container, string])[] = [
    ...initContainers.map((container, i) => [container, `${at}.initContainers[${i}]`] as const),
    ...containers.map((container, i) => [container, `${at}.containers[${i}]`] as const),
  ];
  return [
    ...placementWarnings(spec, at),
    ...(spec.volumes ?? []).flatMap((volume, i) => volumeWarnings(volume, `${at}.volumes[${i}]`)),
    ...repeated(spec.hostAliases, ({ ip }) => ip).map(([i, ip]) => `${at}.hostAliases[${i}].ip: duplicate ip "${ip}"`),
    ...pullSecretWarnings(spec, `${at}.imagePullSecrets`),
    ...all.flatMap(([container, here]) => [
      ...byteWarnings(container, `${here}.resources`),
      ...envWarnings(container, `${here}.env`),
    ]),
    ...portWarnings(all),
  ];
}

function placementWarnings(
  { nodeSelector = {}, topologySpreadConstraints = [], affinity }: PodSpec,
  at: string,
): string[] {
  const terms = (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => {
    const required = affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const preferred = affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const here = `${at}.affinity.${kind}`;
    return [
      ...required.map((term, i) => [term, `${here}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`] as const),
      ...preferred.map(({ podAffinityTerm: term }, i) => {
        return [term, `${here}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm`] as const;
      }),
    ];
  });
  return [
    ...Object.keys(nodeSelector).flatMap((label) => {
      const advice = DEPRECATED_NODE_LABELS.get(label);
      return advice === undefined ? [] : [`${at}.nodeSelector[${label}]: ${advice}`];
    }),
    ...topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, i) => {
      const here = `${at}.topologySpreadConstraints[${i}]`;
      const advice = DEPRECATED_NODE_LABELS.get(topologyKey);
      return [
        ...(advice === undefined ? [] : [`${here}.topologyKey: ${topologyKey} is ${advice}`]),
        ...(labelSelector === undefined ? [`${here}.labelSelector: ${NULL_SELECTOR}`] : []),
      ];
    }),
    ...terms.flatMap(([{ labelSelector }, here]) =>
      labelSelector === undefined ? [`${here}.labelSelector: ${NULL_SELECTOR}`] : [],
    ),
  ];
}

function volumeWarnings(volume: Volume, at: string): string[] {
  return DEPRECATED_VOLUMES.flatMap(([kind, advice]) =>
    volume[kind] === undefined ? [] : [`${at}.${kind === 'storageos' ? 'storageOS' : kind}: ${advice}`],
  );
}

function pullSecretWarnings({ imagePullSecrets = [] }: PodSpec, at: string): string[] {
  return repeated(imagePullSecrets, ({ name = '' }) => name).map(
    ([i, name]) => `${at}[${i}].name: duplicate name "${name}"`,
  );
}

/** Nobody can have half a byte: what was meant was likely `M`, not `m`. */
function byteWarnings({ resources = {} }: Container, at: string): string[] {
  return BYTES.flatMap((name) =>
    (['limits', 'requests'] as const).flatMap((field) => {
      const amount = resources[field]?.[name];
      if (amount === undefined || (parseQuantity(amount) ?? 0n) % MILLI === 0n) return [];
      return [`${at}.${field}[${name}]: fractional byte value "${amount}" is invalid, must be an integer`];
    }),
  );
}

/** A name may be given again to add to its value; else the value before is lost. */
function envWarnings({ env }: Container, at: string): string[] {
  return repeated(env, ({ name }) => name).flatMap(([i, name]) => {
    const { value = '', valueFrom } = env?.[i] ?? {};
    const reference = `$(${name})`;
    if (valueFrom === undefined && value !== reference && value.includes(reference)) return [];
    return [`${at}[${i}]: hides previous definition of "${name}", which may be dropped when using apply`];
  });
}

function portWarnings(containers: readonly (readonly [Container, string])[]): string[] {
  const warnings: string[] = [];
  const known = new Map<string, { port: ContainerPort; at: string }[]>();
  for (const [{ ports = [] }, here] of containers) {
    ports.forEach((port, i) => {
      const at = `${here}.ports[${i}]`;
      if (given(port.hostIP) && !port.hostPort) warnings.push(`${at}: hostIP set without hostPort: ${shown(port)}`);
      const key = `${port.containerPort}/${port.protocol}`;
      const others = known.get(key) ?? [];
      for (const other of others) {
        const wrong = conflictOf(port, other.port);
        if (wrong !== undefined) warnings.push(`${at}: ${wrong} port definition with ${other.at}`);
      }
      known.set(key, [...others, { port, at }]);
    });
  }
  return warnings;
}

function conflictOf(a: ContainerPort, b: ContainerPort): string | undefined {
  const [portA, portB] = [a.hostPort ?? 0, b.hostPort ?? 0];
  if ((a.hostIP ?? '') === (b.hostIP ?? '') && portA === portB) return 'duplicate';
  if (portA === 0 || portB === 0) return 'overlapping';
  return portA === portB && given(a.hostIP) !== given(b.hostIP) ? 'dangerously ambiguous' : undefined;
}

function given(text: string | undefined): boolean {
  return text !== undefined && text !== '';
}

/** As Go writes the structure. */
function shown({ name = '', hostPort = 0, containerPort, protocol, hostIP = '' }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}

/** Where a key stands that an item before has as well. */
function repeated<T>(items: readonly T[] | undefined, keyOf: (item: T) => string): [index: number, key: string][] {
  const seen = new Set<string>();
  return (items ?? []).flatMap((item, i): [number, string][] => {
    const key = keyOf(item);
    if (seen.has(key)) return [[i, key]];
    seen.add(key);
    return [];
  });
}
