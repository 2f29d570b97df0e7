import type {
  ControllerRevision,
  DaemonSet,
  Deployment,
  LabelSelector,
  PodTemplate,
  PodTemplateSpec,
  ReplicaSet,
  StatefulSet,
} from '@shiplog/contracts';
import { formatSelector } from '@shiplog/apimachinery';
import { ageOf } from '../duration';
import { AGE, count, formatLabels, NAME, NONE, text, wide, type Column, type Printer } from './column';

/** What is made of a template, for `-o wide`. */
export const CONTAINERS: readonly Column[] = [
  wide('Containers', 'Names of the containers in the template.'),
  wide('Images', 'Images of the containers in the template.'),
];
export const SELECTOR = wide('Selector', 'Which labels its pods have.');

/** Cells under CONTAINERS. */
export function containerCells(template: PodTemplateSpec | undefined): [names: string, images: string] {
  const containers = template?.spec?.containers ?? [];
  return [containers.map(({ name }) => name).join(','), containers.map(({ image = '' }) => image).join(',')];
}

const selectorCell = (selector: LabelSelector | undefined): string =>
  selector === undefined ? '' : formatSelector(selector);

export const deploymentPrinter: Printer<Deployment> = {
  columns: [
    NAME,
    text('Ready', 'Pods that are ready, of all that are wanted.'),
    count('Up-to-date', 'How many pods are of the template as it is now.'),
    count('Available', 'How many pods have been ready for long enough.'),
    AGE,
    ...CONTAINERS,
    SELECTOR,
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name ?? '',
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    ageOf(metadata.creationTimestamp, now),
    ...containerCells(spec?.template),
    selectorCell(spec?.selector),
  ],
};

export const replicaSetPrinter: Printer<ReplicaSet> = {
  columns: [
    NAME,
    count('Desired', 'How many pods are wanted.'),
    count('Current', 'How many pods there are.'),
    count('Ready', 'How many pods are ready.'),
    AGE,
    ...CONTAINERS,
    SELECTOR,
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name ?? '',
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    ageOf(metadata.creationTimestamp, now),
    ...containerCells(spec?.template),
    selectorCell(spec?.selector),
  ],
};

export const statefulSetPrinter: Printer<StatefulSet> = {
  columns: [NAME, text('Ready', 'Pods that are ready, of all that are wanted.'), AGE, ...CONTAINERS],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name ?? '',
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    ageOf(metadata.creationTimestamp, now),
    ...containerCells(spec?.template),
  ],
};

export const daemonSetPrinter: Printer<DaemonSet> = {
  columns: [
    NAME,
    count('Desired', 'On how many nodes a pod is wanted.'),
    count('Current', 'On how many of these nodes there is one.'),
    count('Ready', 'On how many of these nodes one is ready.'),
    count('Up-to-date', 'On how many of these nodes one is of the template as it is now.'),
    count('Available', 'On how many of these nodes one has been ready for long enough.'),
    text('Node Selector', 'Labels of the nodes that get a pod.'),
    AGE,
    ...CONTAINERS,
    SELECTOR,
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name ?? '',
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    formatLabels(spec?.template.spec?.nodeSelector),
    ageOf(metadata.creationTimestamp, now),
    ...containerCells(spec?.template),
    selectorCell(spec?.selector),
  ],
};

export const controllerRevisionPrinter: Printer<ControllerRevision> = {
  columns: [
    NAME,
    text('Controller', 'Whose revision it is.'),
    count('Revision', 'Its number: the higher, the later.'),
    AGE,
  ],
  cells: ({ metadata, revision }, now) => [
    metadata.name ?? '',
    controllerOf(metadata),
    revision,
    ageOf(metadata.creationTimestamp, now),
  ],
};

/** For example `statefulset.apps/web`. */
function controllerOf({ ownerReferences = [] }: ControllerRevision['metadata']): string {
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (owner === undefined) return NONE;
  const [group = '', version] = owner.apiVersion.split('/');
  const kind = owner.kind.toLowerCase();
  return `${version === undefined ? kind : `${kind}.${group}`}/${owner.name}`;
}

export const podTemplatePrinter: Printer<PodTemplate> = {
  columns: [
    NAME,
    text('Containers', 'Names of the containers in the template.'),
    text('Images', 'Images of the containers in the template.'),
    text('Pod Labels', 'Labels of the pods that are made of it.'),
  ],
  cells: ({ metadata, template }) => [
    metadata.name ?? '',
    ...containerCells(template),
    formatLabels(template?.metadata?.labels),
  ],
};
