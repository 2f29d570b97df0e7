import type {
  LimitRange,
  PolicyScore,
  PriorityClass,
  ResourceQuota,
  RuntimeClass,
  SchedulingPolicy,
} from '@shiplog/contracts';
import { ageOf } from '../duration';
import { AGE, count, flag, NAME, NONE, text, type Printer } from './column';

export const limitRangePrinter: Printer<LimitRange> = {
  columns: [NAME, { ...text('Created At', 'When the object was created.'), type: 'date' }],
  cells: ({ metadata }) => [metadata.name ?? '', metadata.creationTimestamp ?? null],
};

export const resourceQuotaPrinter: Printer<ResourceQuota> = {
  columns: [
    NAME,
    text('Request', 'What is asked for and made, of what may be.'),
    text('Limit', 'What may be used at most, of what may be.'),
    AGE,
  ],
  cells({ metadata, status = {} }, now) {
    const names = Object.keys(status.hard ?? {}).sort();
    const shown = (ofLimits: boolean): string =>
      names
        .filter((name) => name.startsWith('limits') === ofLimits)
        .map((name) => `${name}: ${status.used?.[name] ?? '0'}/${status.hard?.[name] ?? '0'}`)
        .join(', ');
    return [metadata.name ?? '', shown(false), shown(true), ageOf(metadata.creationTimestamp, now)];
  },
};

export const priorityClassPrinter: Printer<PriorityClass> = {
  columns: [
    NAME,
    count('Value', 'The priority of its pods.'),
    flag('Global-Default', 'Whether pods that name none are of it.'),
    AGE,
    text('PreemptionPolicy', 'Whether its pods make others go.'),
  ],
  cells: ({ metadata, value = 0, globalDefault = false, preemptionPolicy = '' }, now) => [
    metadata.name ?? '',
    value,
    globalDefault,
    ageOf(metadata.creationTimestamp, now),
    preemptionPolicy,
  ],
};

export const schedulingPolicyPrinter: Printer<SchedulingPolicy> = {
  columns: [
    NAME,
    count('Version', 'Which version of it decides now.'),
    text('Scores', 'What each rule counts for that rates nodes.'),
    AGE,
  ],
  cells: ({ metadata, spec }, now) => [
    metadata.name ?? '',
    metadata.generation ?? 1,
    formatScores(spec?.scores ?? []),
    ageOf(metadata.creationTimestamp, now),
  ],
};

function formatScores(scores: readonly PolicyScore[]): string {
  const on = scores.filter(({ weight = 0 }) => weight > 0).map(({ name, weight }) => `${name}=${weight}`);
  return scores.length === 0 ? '<default>' : on.join(',') || NONE;
}

export const runtimeClassPrinter: Printer<RuntimeClass> = {
  columns: [NAME, text('Handler', 'What runs the containers.'), AGE],
  cells: ({ metadata, handler }, now) => [metadata.name ?? '', handler, ageOf(metadata.creationTimestamp, now)],
};
