import type { Container, ContainerPort, ObjectMeta, PodSpec, Volume } from '@shiplog/contracts';
import { dnsLabel } from '@shiplog/apimachinery';
import { claimSpecWarnings } from '../volumes/warnings';
import { deprecatedAnnotations, unusedProfiles } from './annotation-warnings';
import { fractionalBytes } from './byte-warnings';
import { namedNodeLabelWarnings, nodeLabelWarnings, nodeTermWarnings } from './node-labels';
import { overlappingPaths } from './overlapping-paths';
import { containersOf } from './windows';

const BYTES = ['memory', 'ephemeral-storage'];
const NULL_SELECTOR = 'a null labelSelector results in matching no pod';
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

/** A pod, or what one is made of. */
interface PodLike {
  readonly metadata?: ObjectMeta;
  readonly spec?: PodSpec;
}

/**
 * What Kubernetes accepts of a pod and warns of all the same (pkg/api/pod/warnings.go).
 * @param at where the template of pods is; nothing for a pod itself
 */
export function podWarnings({ metadata: { annotations = {} } = {}, spec }: PodLike, at = ''): string[] {
  if (spec === undefined) return [];
  const [here, notes] = at === '' ? ['spec', 'metadata.annotations'] : [`${at}.spec`, `${at}.metadata.annotations`];
  const all = containersOf(spec, here);
  const { volumes = [] } = spec;
  return [
    ...placementWarnings(spec, here),
    ...deprecatedAnnotations(annotations, notes),
    ...volumes.flatMap((volume, i) => volumeWarnings(volume, `${here}.volumes[${i}]`)),
    ...volumes.flatMap(overlappingPaths),
    ...repeated(spec.hostAliases, ({ ip }) => ip).map(
      ([i, ip]) => `${here}.hostAliases[${i}].ip: duplicate ip "${ip}"`,
    ),
    ...pullSecretWarnings(spec, `${here}.imagePullSecrets`),
    ...BYTES.flatMap((name) => fractionalBytes(spec.overhead, name, `${here}.overhead`)),
    ...unusedProfiles(annotations, spec, { at: notes, isTemplate: at !== '' }),
    ...all.flatMap(([container, place]) => [
      ...byteWarnings(container, `${place}.resources`),
      ...envWarnings(container, `${place}.env`),
    ]),
    ...portWarnings(all),
    ...affinityWarnings(spec, `${here}.affinity`),
  ];
}

function placementWarnings(
  { nodeSelector = {}, topologySpreadConstraints = [], affinity }: PodSpec,
  at: string,
): string[] {
  const { requiredDuringSchedulingIgnoredDuringExecution: required, ...node } = affinity?.nodeAffinity ?? {};
  const here = `${at}.affinity.nodeAffinity`;
  return [
    ...Object.keys(nodeSelector).flatMap((label) => nodeLabelWarnings(label, `${at}.nodeSelector[${label}]`)),
    ...(required?.nodeSelectorTerms ?? []).flatMap((term, i) =>
      nodeTermWarnings(term, `${here}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`),
    ),
    ...(node.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ preference }, i) =>
      nodeTermWarnings(preference, `${here}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`),
    ),
    ...topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, i) => {
      const place = `${at}.topologySpreadConstraints[${i}]`;
      return [
        ...namedNodeLabelWarnings(topologyKey, `${place}.topologyKey`),
        ...(labelSelector === undefined ? [`${place}.labelSelector: ${NULL_SELECTOR}`] : []),
      ];
    }),
  ];
}

/** Of terms about other pods that choose none. */
function affinityWarnings({ affinity }: PodSpec, at: string): string[] {
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => {
    const required = affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const preferred = affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const here = `${at}.${kind}`;
    const terms = [
      ...required.map((term, i) => [term, `${here}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`] as const),
      ...preferred.map(({ podAffinityTerm: term }, i) => {
        return [term, `${here}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm`] as const;
      }),
    ];
    return terms.flatMap(([{ labelSelector }, place]) =>
      labelSelector === undefined ? [`${place}.labelSelector: ${NULL_SELECTOR}`] : [],
    );
  });
}

function volumeWarnings(volume: Volume, at: string): string[] {
  const template = volume.ephemeral?.volumeClaimTemplate;
  return [
    ...DEPRECATED_VOLUMES.flatMap(([kind, advice]) =>
      volume[kind] === undefined ? [] : [`${at}.${kind === 'storageos' ? 'storageOS' : kind}: ${advice}`],
    ),
    ...(template === undefined ? [] : claimSpecWarnings(template.spec, `${at}.ephemeral.volumeClaimTemplate.spec`)),
  ];
}

function pullSecretWarnings({ imagePullSecrets = [] }: PodSpec, at: string): string[] {
  return [
    ...repeated(imagePullSecrets, ({ name = '' }) => name).map(
      ([i, name]) => `${at}[${i}].name: duplicate name "${name}"`,
    ),
    ...imagePullSecrets.flatMap(({ name = '' }, i) => (name === '' ? [`${at}[${i}].name: invalid empty name ""`] : [])),
  ];
}

function byteWarnings({ resources = {} }: Container, at: string): string[] {
  return BYTES.flatMap((name) =>
    (['limits', 'requests'] as const).flatMap((field) => fractionalBytes(resources[field], name, `${at}.${field}`)),
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
