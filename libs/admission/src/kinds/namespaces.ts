import { dnsLabel, ok, Problems, refused, statusOf } from '@shiplog/apimachinery';
import { validateFinalizer } from '../metadata/validate';
import { type Draft, defineKind } from './kind';

const NAME_LABEL = 'kubernetes.io/metadata.name';

function labelWithName({ metadata }: Draft<'namespaces'>): void {
  if (metadata.name !== undefined) metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
}

export const namespaces = defineKind<'namespaces'>({
  resource: 'namespaces',
  name: dnsLabel,
  generation: 'none',
  fields: { name: (namespace) => namespace.metadata.name, 'status.phase': (namespace) => namespace.status?.phase },
  /** The label is the system's: on every write it says the name, whatever was sent. */
  defaults: labelWithName,
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
  status: {
    defaults(draft) {
      labelWithName(draft);
      draft.status = { phase: 'Active', ...draft.status };
    },
    /** It is deletion that ends a namespace, and its phase says so. Kubernetes writes the field with a capital letter. */
    validate({ metadata, status }, problems) {
      const isDeleted = metadata.deletionTimestamp !== undefined;
      const [wanted, state] = isDeleted ? ['Terminating', 'not empty'] : ['Active', 'empty'];
      if (status?.phase === wanted) return;
      problems.invalid('status.Phase', status?.phase, `may only be '${wanted}' if \`deletionTimestamp\` is ${state}`);
    },
  },
  subresources: {
    /** What must still happen to a namespace before it goes is in its spec, which nothing else changes. */
    finalize(submitted, before) {
      const { metadata, spec = {} } = submitted;
      labelWithName(submitted);
      const problems = new Problems();
      spec.finalizers?.forEach((finalizer, i) => validateFinalizer(finalizer, `spec.finalizers[${i}]`, problems));
      return problems.none
        ? ok({ ...before, metadata, spec })
        : refused(statusOf.invalid('namespaces', before.metadata.name, problems.causes));
    },
  },
});
