import type { Container, JobSpec, PodSpec } from '@shiplog/contracts';
import type { StoredPod } from '@shiplog/kube';
import type { PlannedCommand } from '../../runtime/domain/controller';
import { controllerReference } from '../../domain/owners';
import { createPod } from '../../domain/pod-making';
import { isCounted } from './failure-policy';
import { failuresBefore, IGNORED_FAILURES, INDEX, INDEX_FAILURES, TRACKING } from './job-pods';
import type { StoredJob, Tally } from './tally';

const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX';
/** Of a generated name, without its five characters. */
const LONGEST_PREFIX = 58;

/** Makes a pod of a Job; `index` is there for an indexed one, `id` names the command. */
export function createJobPod({ job, spec, toReplace }: Tally, index: number | undefined, id?: string): PlannedCommand {
  const { namespace = '', name } = job.metadata;
  const pod = { namespace, template: spec.template, owner: jobReference(job), id, finalizers: [TRACKING] };
  if (index === undefined) return createPod(pod);
  return createPod({
    ...pod,
    namePrefix: indexedPrefix(name, index),
    labels: { [INDEX]: `${index}` },
    annotations: {
      [INDEX]: `${index}`,
      ...(spec.backoffLimitPerIndex !== undefined && failuresOf(toReplace.get(index), spec)),
    },
    spec: indexedSpec(spec.template.spec, name, index),
  });
}

/** The reference by which a Job owns its pods. */
export function jobReference({ metadata }: StoredJob) {
  return controllerReference('batch/v1', 'Job', metadata);
}

/** The index stays whole however long the Job's name is. */
function indexedPrefix(name: string, index: number): string {
  const end = `-${index}-`;
  return `${name.slice(0, LONGEST_PREFIX - end.length)}${end}`;
}

function failuresOf(replaced: StoredPod | undefined, { podFailurePolicy }: JobSpec): Record<string, string> {
  if (replaced === undefined) return { [INDEX_FAILURES]: '0' };
  const before = failuresBefore(replaced);
  const counts = isCounted(podFailurePolicy, replaced);
  const ignored = before.ignored + (counts ? 0 : 1);
  return {
    [INDEX_FAILURES]: `${before.counted + (counts ? 1 : 0)}`,
    ...(ignored > 0 && { [IGNORED_FAILURES]: `${ignored}` }),
  };
}

function indexedSpec(spec: PodSpec | undefined, name: string, index: number): PodSpec {
  const { containers = [], initContainers, ...rest } = spec ?? {};
  return {
    ...rest,
    hostname: `${name}-${index}`,
    containers: containers.map(withIndex),
    ...(initContainers && { initContainers: initContainers.map(withIndex) }),
  };
}

/** Its author's own variable of that name stays. */
function withIndex(container: Container): Container {
  const { env = [] } = container;
  if (env.some(({ name }) => name === INDEX_VARIABLE)) return container;
  const fieldRef = { fieldPath: `metadata.labels['${INDEX}']` };
  return { ...container, env: [...env, { name: INDEX_VARIABLE, valueFrom: { fieldRef } }] };
}
