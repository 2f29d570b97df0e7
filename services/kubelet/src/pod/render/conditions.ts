import type { ContainerStatus, PodCondition } from '@shiplog/contracts';
import { conditionOf, kubernetesTime, transitionTime, isSidecar, RESIZE_CONDITIONS } from '@shiplog/kube';
import { resizesOf, sandboxOf, type PodView } from '../domain/view';

export interface ConditionFacts {
  readonly phase: string;
  readonly initialized: boolean;
  readonly initContainerStatuses: readonly ContainerStatus[];
  readonly containerStatuses: readonly ContainerStatus[];
}

type Judgement = Pick<PodCondition, 'reason' | 'message'> & { status: 'True' | 'False' };
const TRUE: Judgement = { status: 'True' };

/** The kubelet's conditions in Kubernetes' order, then everybody else's. A transition time moves with the status only. */
export function renderConditions(view: PodView, facts: ConditionFacts): PodCondition[] {
  const before = view.pod.status?.conditions ?? [];
  const containersReady = judgeContainers(view, facts);
  const own: Record<string, Judgement> = {
    PodReadyToStartContainers: {
      status:
        sandboxOf(view)?.state.phase === 'running' && (view.podIPs[0] ?? view.pod.status?.podIP) !== undefined
          ? 'True'
          : 'False',
    },
    Initialized: judgeInit(view, facts),
    Ready: containersReady.status === 'True' ? judgeGates(view) : containersReady,
    ContainersReady: containersReady,
    ...judgeResizes(view),
    ...(view.eviction?.disruption === undefined ? {} : { DisruptionTarget: judgeDisruption(view.eviction.disruption) }),
  };
  const rendered = Object.entries(own).map(([type, judgement]) => {
    const lastTransitionTime = transitionTime(conditionOf(view.pod, type), judgement.status, kubernetesTime(view.now));
    return { type, ...judgement, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) };
  });
  const others = before.filter((item) => !(item.type in own) && !RESIZE_CONDITIONS.includes(item.type));
  if (!others.some((item) => item.type === 'PodScheduled')) {
    others.push({ type: 'PodScheduled', status: 'True', lastTransitionTime: kubernetesTime(view.now) });
  }
  return [...rendered, ...others];
}

/** Kubernetes' word for pods that go for reasons of their node. */
function judgeDisruption(message: string): Judgement {
  return { status: 'True', reason: 'TerminationByKubelet', message };
}

function judgeResizes(view: PodView): Record<string, Judgement> {
  return {
    ...(view.resize === undefined ? {} : { PodResizePending: { status: 'True' as const, ...view.resize } }),
    ...(resizesOf(view).length === 0 ? {} : { PodResizeInProgress: judgeProgress(view) }),
  };
}

/** It is tried again: also then it is in progress. */
function judgeProgress({ resizeError }: PodView): Judgement {
  return resizeError === undefined ? TRUE : { status: 'True', reason: 'Error', message: resizeError };
}

function judgeInit(view: PodView, { phase, initialized, initContainerStatuses }: ConditionFacts): Judgement {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  if (initialized) return TRUE;
  const inits = view.pod.spec?.initContainers ?? [];
  const open = inits.filter((item, i) => {
    const status = initContainerStatuses[i];
    return isSidecar(item) ? status?.started !== true : status?.state?.terminated?.exitCode !== 0;
  });
  const names = open.map((item) => item.name).join(' ');
  return {
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${names}]`,
  };
}

function judgeContainers(view: PodView, facts: ConditionFacts): Judgement {
  if (facts.phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (facts.phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const sidecars = new Set((view.pod.spec?.initContainers ?? []).filter(isSidecar).map((item) => item.name));
  const counted = [
    ...facts.initContainerStatuses.filter((item) => sidecars.has(item.name)),
    ...facts.containerStatuses,
  ];
  const unready = counted.filter((item) => !item.ready).map((item) => item.name);
  if (unready.length === 0) return TRUE;
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
}

/** Conditions that others must have set to True before the pod counts as ready. */
function judgeGates({ pod }: PodView): Judgement {
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const gate = conditionOf(pod, conditionType);
    if (gate?.status === 'True') continue;
    const description =
      gate === undefined ? 'corresponding condition of pod readiness gate' : 'the status of pod readiness gate';
    const message =
      gate === undefined
        ? `${description} "${conditionType}" does not exist.`
        : `${description} "${conditionType}" is not "True", but ${gate.status}`;
    return { status: 'False', reason: 'ReadinessGatesNotReady', message };
  }
  return TRUE;
}
