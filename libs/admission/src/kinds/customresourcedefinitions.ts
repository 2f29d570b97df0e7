import { DEFINITIONS, dnsSubdomain, type Problems } from '@shiplog/apimachinery';
import { validateApproval } from '../definitions/approval';
import { validateNames } from '../definitions/names';
import { validatePreserve, validateSpec } from '../definitions/spec';
import { keepSettled, settleStatus } from '../definitions/status';
import type { Definition, Spec, StoredDefinition } from '../definitions/types';
import { defineKind } from './kind';

const NAME_OF_PARTS = 'must be spec.names.plural+"."+spec.group';

export const customResourceDefinitions = defineKind<typeof DEFINITIONS>({
  resource: DEFINITIONS,
  name: dnsSubdomain,
  generation: 'spec',
  defaults({ spec }) {
    if (spec === undefined) return;
    const { names, conversion } = spec;
    names.singular ??= names.kind.toLowerCase();
    if (names.kind !== '') names.listKind ??= `${names.kind}List`;
    spec.conversion ??= { strategy: 'None' };
    const service = conversion?.webhook?.clientConfig?.service;
    if (service !== undefined) service.port ??= 443;
    if (spec.preserveUnknownFields === false) delete spec.preserveUnknownFields;
  },
  prepareCreate: (draft, ctx) => settleStatus(draft, ctx),
  prepareUpdate: (draft, before, ctx) => settleStatus(draft, ctx, before),
  validate(draft, problems, _ctx, before) {
    const { metadata, spec } = draft;
    if (spec === undefined) return problems.required('spec');
    if (before === undefined && metadata.name !== `${spec.names.plural}.${spec.group}`) {
      problems.invalid('metadata.name', metadata.name, NAME_OF_PARTS);
    }
    // What was admitted once is not looked at again: a change of labels costs no validation of schemas.
    if (spec !== before?.spec) validateSpec(spec, problems);
    validateStoredVersions(draft, problems);
    validateApproval(draft, before, problems);
    validatePreserve(spec, before?.spec, problems);
  },
  validateUpdate({ spec }, before, problems) {
    if (spec === undefined || before.spec === undefined) return;
    if (isEstablished(before)) {
      immutable('spec.scope', spec.scope, before.spec.scope, problems);
      immutable('spec.names.kind', spec.names.kind, before.spec.names.kind, problems);
    }
    immutable('spec.group', spec.group, before.spec.group, problems);
    immutable('spec.names.plural', spec.names.plural, before.spec.names.plural, problems);
  },
  status: {
    defaults: (draft, before, ctx) => keepSettled(draft, ctx, before),
    validate({ status }, problems) {
      validateNames(status?.acceptedNames ?? {}, 'status.acceptedNames', problems);
    },
  },
});

function isEstablished({ status }: StoredDefinition): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True') === true;
}

function immutable(at: string, value: string, before: string, problems: Problems): void {
  if (value !== before) problems.invalid(at, value, 'field is immutable');
}

/** A version in which objects may be stored can't go before somebody has seen to it that there are none. */
function validateStoredVersions({ spec, status }: Definition, problems: Problems): void {
  const { storedVersions = [] } = status ?? {};
  const names = new Set((spec as Spec).versions.map(({ name }) => name));
  storedVersions.forEach((name, i) => {
    if (names.has(name)) return;
    const detail = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    problems.invalid(`status.storedVersions[${i}]`, name, detail);
  });
}
