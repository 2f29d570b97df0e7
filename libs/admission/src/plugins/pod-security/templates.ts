import type {
  BuiltIn,
  CronJob,
  Deployment,
  KubeObject,
  PodTemplate,
  PodTemplateSpec,
  ResourceId,
} from '@shiplog/contracts';

/** Kinds that make pods of a template. */
export const TEMPLATED = [
  ...(['replicationcontrollers', 'podtemplates', 'replicasets.apps', 'deployments.apps', 'statefulsets.apps'] as const),
  ...(['daemonsets.apps', 'jobs.batch', 'cronjobs.batch'] as const),
] satisfies readonly BuiltIn[];

/** The template of pods that an object holds. */
export function templateOf(resource: ResourceId, object: KubeObject): PodTemplateSpec | undefined {
  switch (resource) {
    case 'podtemplates':
      return (object as PodTemplate).template;
    case 'cronjobs.batch':
      return (object as unknown as CronJob).spec?.jobTemplate.spec?.template;
    default:
      return (object as Deployment).spec?.template;
  }
}
