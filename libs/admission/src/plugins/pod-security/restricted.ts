import type { Volume } from '@shiplog/contracts';
import { sourcesOf } from '../../pods/defaults';
import { type Check, type CheckedPod, containersThat, type Violation } from './check';
import { checkSeccompRequired } from './profiles';
import { distinct, listed, plural, quoted, setters } from './wording';

const PORTABLE_VOLUMES: readonly (keyof Volume)[] = [
  ...(['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral'] as const),
  ...(['persistentVolumeClaim', 'projected', 'secret'] as const),
];
/** Kinds of volumes that came after the check, which it knows no names of. */
const UNKNOWN_VOLUMES = ['image'];

type Rule = (pod: CheckedPod) => Violation | undefined;

/** Windows has nothing like it: its pods are let off since 1.25. */
const notOnWindows =
  (rule: Rule): Rule =>
  (pod) =>
    pod.spec.os?.name === 'windows' ? undefined : rule(pod);

/** What pods of the level `restricted` keep to beside the baseline, in the order of Kubernetes' names for it. */
export const RESTRICTED: readonly Check[] = [
  restricted('allowPrivilegeEscalation', [8, escalation], [25, notOnWindows(escalation)]),
  {
    ...restricted('capabilities_restricted', [22, capabilities], [25, notOnWindows(capabilities)]),
    overrides: 'capabilities_baseline',
    overridesSince: 22,
  },
  { ...restricted('restrictedVolumes', [0, volumes]), overrides: 'hostPathVolumes', overridesSince: 0 },
  restricted('runAsNonRoot', [0, runAsNonRoot]),
  restricted('runAsUser', [23, runAsUser]),
  {
    ...restricted('seccompProfile_restricted', [19, checkSeccompRequired], [25, notOnWindows(checkSeccompRequired)]),
    overrides: 'seccompProfile_baseline',
    overridesSince: 19,
  },
];

function restricted(id: string, ...versions: [number, Rule][]): Check {
  return { id, level: 'restricted', versions: versions.map(([since, check]) => ({ since, check })) };
}

function escalation(pod: CheckedPod): Violation | undefined {
  const bad = containersThat(pod, ({ allowPrivilegeEscalation }) => allowPrivilegeEscalation !== false);
  if (bad.length === 0) return undefined;
  const detail = `${listed('container', bad)} must set securityContext.allowPrivilegeEscalation=false`;
  return { reason: 'allowPrivilegeEscalation != false', detail };
}

function capabilities(pod: CheckedPod): Violation | undefined {
  const added: string[] = [];
  const keeping = containersThat(pod, (context) => context.capabilities?.drop?.includes('ALL') !== true);
  const adding = containersThat(pod, (context) => {
    const others = (context.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
    added.push(...others);
    return others.length > 0;
  });
  const details = [
    ...(keeping.length > 0
      ? [`${listed('container', keeping)} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...(adding.length > 0
      ? [
          `${listed('container', adding)} must not include ${quoted(distinct(added))} in securityContext.capabilities.add`,
        ]
      : []),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
}

function volumes({ spec }: CheckedPod): Violation | undefined {
  const bad = (spec.volumes ?? []).filter((volume) => PORTABLE_VOLUMES.every((kind) => volume[kind] === undefined));
  if (bad.length === 0) return undefined;
  const types = distinct(
    bad.map((volume) => {
      const [type = 'unknown'] = sourcesOf(volume);
      return UNKNOWN_VOLUMES.includes(type) ? 'unknown' : type;
    }),
  );
  const names = bad.map(({ name }) => name);
  const use = names.length === 1 ? 'uses' : 'use';
  const detail = `${listed('volume', names)} ${use} ${plural('restricted volume type', types.length)} ${quoted(types)}`;
  return { reason: 'restricted volume types', detail };
}

function runAsNonRoot(pod: CheckedPod): Violation | undefined {
  const ofPod = pod.spec.securityContext?.runAsNonRoot;
  const reason = 'runAsNonRoot != true';
  const explicit = setters(
    ofPod === false,
    containersThat(pod, (context) => context.runAsNonRoot === false),
  );
  if (explicit.length > 0) {
    return { reason, detail: `${explicit.join(' and ')} must not set securityContext.runAsNonRoot=false` };
  }
  const implicit = ofPod === true ? [] : containersThat(pod, (context) => context.runAsNonRoot === undefined);
  if (implicit.length === 0) return undefined;
  return { reason, detail: `pod or ${listed('container', implicit)} must set securityContext.runAsNonRoot=true` };
}

function runAsUser(pod: CheckedPod): Violation | undefined {
  const ofPod = pod.spec.securityContext?.runAsUser === 0;
  const bad = setters(
    ofPod,
    containersThat(pod, (context) => context.runAsUser === 0),
  );
  return bad.length === 0
    ? undefined
    : { reason: 'runAsUser=0', detail: `${bad.join(' and ')} must not set runAsUser=0` };
}
