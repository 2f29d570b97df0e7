import type { PriorityClass } from '@shiplog/contracts';
import { admitPriority, priorityProblem, SYSTEM_PRIORITIES } from '../pods/priority';
import { onPod } from './of-pods';
import type { AdmissionPlugin, AdmissionRequest } from './plugin';

const CLASSES = 'priorityclasses.scheduling.k8s.io';

/** Gives pods the priority of their class, and keeps it that there is one class for pods that name none. */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  resources: ['pods', CLASSES],
  admit(request) {
    if (request.row.id !== 'pods' || request.before !== undefined) return undefined;
    return onPod(request, (_pod, spec, ctx) => {
      admitPriority(spec, ctx);
      return priorityProblem(spec, ctx);
    });
  },
  validate: (request) => (request.row.id === CLASSES ? secondDefault(request) : undefined),
  validateDelete(resource, name) {
    if (resource !== CLASSES || !SYSTEM_PRIORITIES.has(name)) return undefined;
    return 'this is a system priority class and cannot be deleted';
  },
};

function secondDefault({ object, ctx }: AdmissionRequest): string | undefined {
  const draft = object as PriorityClass;
  if (draft.globalDefault !== true) return undefined;
  const other = ctx.state.list(CLASSES).find((found) => found.globalDefault === true);
  if (other === undefined || other.metadata.name === object.metadata.name) return undefined;
  return `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`;
}
