import { dnsLabel } from '@shiplog/apimachinery';
import { validateFinalizer } from '../metadata/validate';
import { defineKind } from './kind';

const NAME_LABEL = 'kubernetes.io/metadata.name';

export const namespaces = defineKind<'namespaces'>({
  resource: 'namespaces',
  name: dnsLabel,
  generation: 'none',
  hasStatus: true,
  fields: { name: (namespace) => namespace.metadata.name, 'status.phase': (namespace) => namespace.status?.phase },
  /** The label is the system's: on every write it says the name, whatever was sent. */
  defaults(draft) {
    if (draft.metadata.name !== undefined) {
      draft.metadata.labels = { ...draft.metadata.labels, [NAME_LABEL]: draft.metadata.name };
    }
  },
  prepareCreate(draft) {
    const finalizers = draft.spec?.finalizers ?? [];
    draft.spec = { finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] };
    draft.status = { phase: 'Active' };
  },
  prepareUpdate(draft, before) {
    draft.spec = before.spec;
  },
  validate(draft, problems) {
    for (const finalizer of draft.spec?.finalizers ?? []) {
      validateFinalizer(finalizer, 'spec.finalizers', problems);
    }
  },
});
