import type { PodSpec } from '@shiplog/contracts';
import type { AdmissionContext } from '../context';
import type { Draft } from '../kinds/kind';
import type { AdmissionPlugin, AdmissionRequest } from './plugin';

type PodRule = (pod: Draft<'pods'>, spec: PodSpec, ctx: AdmissionContext) => string | undefined;

/** A plug-in that fills in a pod as it is made. */
export function admitsNewPods(name: string, rule: PodRule): AdmissionPlugin {
  return {
    name,
    resources: ['pods'],
    admit: (request) => (request.before === undefined ? onPod(request, rule) : undefined),
  };
}

/** A rule on the pod of a request. */
export function onPod({ object, ctx }: AdmissionRequest, rule: PodRule): string | undefined {
  const pod = object as Draft<'pods'>;
  return rule(pod, (pod.spec ??= { containers: [] }), ctx);
}
