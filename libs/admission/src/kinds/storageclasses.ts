import type { TopologySelectorTerm } from '@shiplog/contracts';
import { dnsSubdomain, type Problems, qualifiedName, sameJson, utf8Length } from '@shiplog/apimachinery';
import { nodeLabelWarnings } from '../pods/node-labels';
import { immutable, supported } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { defineKind } from './kind';

const MAX_PARAMETERS = 512;
const MAX_PARAMETERS_BYTES = 262_144;

/** Kubernetes' rules for storage classes (ValidateStorageClass). */
export const storageClasses = defineKind<'storageclasses.storage.k8s.io'>({
  resource: 'storageclasses.storage.k8s.io',
  name: dnsSubdomain,
  generation: 'none',
  defaults(draft) {
    draft.reclaimPolicy ??= 'Delete';
    draft.volumeBindingMode ??= 'Immediate';
  },
  rows: new FieldRules({
    reclaimPolicy: supported('Delete', 'Retain'),
    volumeBindingMode: [immutable, supported('Immediate', 'WaitForFirstConsumer')],
  }),
  validate({ provisioner, parameters = {}, allowedTopologies = [] }, problems) {
    validateDriver(provisioner, 'provisioner', problems);
    validateParameters(parameters, problems);
    validateTopologies(allowedTopologies, problems);
  },
  validateUpdate(draft, before, problems) {
    for (const field of ['parameters', 'provisioner', 'reclaimPolicy'] as const) {
      if (!sameJson(draft[field], before[field])) problems.forbidden(field, `updates to ${field} are forbidden.`);
    }
  },
  warnings: ({ allowedTopologies = [] }) =>
    allowedTopologies.flatMap(({ matchLabelExpressions = [] }, i) =>
      matchLabelExpressions.flatMap(({ key }, n) =>
        nodeLabelWarnings(key, `allowedTopologies[${i}].matchLabelExpressions[${n}].key`),
      ),
    ),
});

export const volumeAttributesClasses = defineKind<'volumeattributesclasses.storage.k8s.io'>({
  resource: 'volumeattributesclasses.storage.k8s.io',
  name: dnsSubdomain,
  generation: 'none',
  validate({ driverName, parameters = {} }, problems) {
    validateDriver(driverName, 'driverName', problems);
    if (Object.keys(parameters).length === 0) {
      problems.required('parameters', 'must contain at least one key/value pair');
    } else validateParameters(parameters, problems);
  },
  validateUpdate(draft, before, problems) {
    for (const field of ['driverName', 'parameters'] as const) {
      if (!sameJson(draft[field], before[field])) problems.forbidden(field, `updates to ${field} are forbidden.`);
    }
  },
});

function validateDriver(driver: string, at: string, problems: Problems): void {
  if (driver === '') problems.required(at);
  else problems.breaches(at, driver.toLowerCase(), qualifiedName);
}

function validateParameters(parameters: Readonly<Record<string, string>>, problems: Problems): void {
  const entries = Object.entries(parameters);
  if (entries.length > MAX_PARAMETERS) {
    problems.tooLong('parameters', MAX_PARAMETERS);
    return;
  }
  let bytes = 0;
  for (const [key, value] of entries) {
    if (key === '') problems.invalid('parameters', key, 'field can not be empty.');
    bytes += utf8Length(key) + utf8Length(value);
  }
  if (bytes > MAX_PARAMETERS_BYTES) problems.tooLong('parameters', MAX_PARAMETERS_BYTES);
}

function validateTopologies(terms: readonly TopologySelectorTerm[], problems: Problems): void {
  const seen = new Set<string>();
  terms.forEach(({ matchLabelExpressions = [] }, i) => {
    const at = `allowedTopologies[${i}].matchLabelExpressions`;
    const values = new Map<string, string[]>();
    matchLabelExpressions.forEach((expression, n) => {
      const here = `${at}[${n}]`;
      if (expression.values.length === 0) problems.required(`${here}.values`);
      const given = new Set<string>();
      expression.values.forEach((value, v) => {
        if (given.has(value)) problems.duplicate(`${here}.values[${v}]`, value);
        given.add(value);
      });
      problems.breaches(`${here}.key`, expression.key, qualifiedName);
      if (values.has(expression.key)) problems.duplicate(`${here}.key`, expression.key);
      values.set(expression.key, [...given].sort());
    });
    const text = JSON.stringify([...values].sort());
    if (seen.has(text)) problems.duplicate(at, '');
    seen.add(text);
  });
}
