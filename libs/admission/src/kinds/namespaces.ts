import { dnsLabel, ok, Problems, refused, statusOf } from '@shiplog/apimachinery';
import { validateFinalizer } from '../metadata/validate';
import { defineKind } from './kind';

const NAME_LABEL = 'kubernetes.io/metadata.name';

export const namespaces = defineKind<'namespaces'>({
  resource: 'namespaces',
  name: dnsLabel,
  generation: 'none',
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
  subresources: {
    /** What must still happen to a namespace before it goes is in its spec, which nothing else changes. */
    finalize({ spec = {} }, before) {
      const problems = new Problems();
      spec.finalizers?.forEach((finalizer, i) => validateFinalizer(finalizer, `spec.finalizers[${i}]`, problems));
      return problems.none
        ? ok({ ...before, spec })
        : refused(statusOf.invalid('namespaces', before.metadata.name, problems.causes));
    },
  },
});
