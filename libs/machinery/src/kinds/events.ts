import { dnsSubdomain } from '../values/names';
import { defineKind } from './kind';

export const events = defineKind<'events'>({
  resource: 'events',
  name: dnsSubdomain,
  generation: 'none',
  fields: {
    'involvedObject.kind': (event) => event.involvedObject.kind,
    'involvedObject.namespace': (event) => event.involvedObject.namespace,
    'involvedObject.name': (event) => event.involvedObject.name,
    'involvedObject.uid': (event) => event.involvedObject.uid,
    'involvedObject.apiVersion': (event) => event.involvedObject.apiVersion,
    'involvedObject.resourceVersion': (event) => event.involvedObject.resourceVersion,
    'involvedObject.fieldPath': (event) => event.involvedObject.fieldPath,
    reason: (event) => event.reason,
    reportingComponent: (event) => event.reportingComponent,
    source: (event) => event.source?.component ?? event.reportingComponent,
    type: (event) => event.type,
  },
  defaults(draft) {
    draft.involvedObject ??= {};
    draft.source ??= {};
  },
  validate(draft, problems, _ctx, before) {
    const about = draft.involvedObject.namespace ?? '';
    const namespace = draft.metadata.namespace ?? '';
    // Events about cluster-scoped objects live in `default`.
    if (
      before === undefined &&
      about !== namespace &&
      !(about === '' && (namespace === 'default' || namespace === 'kube-system'))
    ) {
      problems.invalid('involvedObject.namespace', about, 'does not match event.namespace');
    }
  },
});
