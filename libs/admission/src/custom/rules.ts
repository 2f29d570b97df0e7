import type { KubeObject, ResourceRow, ResourceVersion } from '@shiplog/contracts';
import { dnsSubdomain, fieldAt, fromStored, type Problems, versionedAs } from '@shiplog/apimachinery';
import { ruleTreeOf, type RuleTree } from '../cel/compile';
import { validateRules } from '../cel/evaluate';
import type { SchemaProps } from '../definitions/types';
import type { AnyKindRules } from '../kinds/kind';
import { sharing } from './correlation';
import { validateEmbedded } from './embedded';
import { validateListTypes } from './lists';
import { NOWHERE, validateValue } from './values';
import { Walk } from './walk';

/**
 * The rules of a resource that came at run time: those of the schema of the version that an object is written in
 * (customresource/strategy.go and validator.go in Kubernetes' apiextensions).
 */
export function customKind(row: ResourceRow): AnyKindRules {
  const validate: AnyKindRules['validate'] = (draft, problems, ctx, before) => {
    const version = versionedAs(row, ctx.apiVersion)?.version ?? row.versions[0];
    validateCustomObject(version, draft, problems, before);
  };
  return {
    resource: row.id,
    name: dnsSubdomain,
    // Every change counts but those of metadata and of a status that is written apart.
    generation: 'content',
    validate,
    status: { validate: (draft, problems, before, ctx) => validate(draft, problems, ctx, before) },
  };
}

/** Validates an object by the schema of the version that it is in; what has not changed since `before` is let be. */
export function validateCustomObject(
  version: ResourceVersion,
  draft: KubeObject,
  problems: Problems,
  before: KubeObject | undefined,
): void {
  if (typeof version.schema === 'string') return;
  const schema = version.schema as SchemaProps;
  const older = before === undefined ? undefined : fromStored(version, before);
  const object = older === undefined ? draft : sharing(older, { ...draft, apiVersion: older.apiVersion });
  const walk = Walk.start();
  validateValue(schema, object, '', walk, older);
  validateScale(version, draft, walk.problems);
  validateEmbedded(schema, object, '', walk);
  validateListTypes(schema, object, '', walk);
  const rules = ruleTreeOf(schema);
  if (rules !== undefined) askRules(rules, object, older, walk.problems);
  problems.take(walk.problems, (field) => (field === '' ? NOWHERE : field));
  if (walk.exhausted) problems.forbidden(NOWHERE, 'the object takes too long to be validated by its schema');
}

/** Problems after which rules would not know what they look at. */
const BLOCKING = ['FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid'];

function askRules(rules: RuleTree, object: unknown, older: unknown, problems: Problems): void {
  if (!problems.causes.some(({ reason = '' }) => BLOCKING.includes(reason))) {
    return validateRules(rules, { value: object, before: older }, problems);
  }
  const detail =
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
  problems.invalid(NOWHERE, 'null', detail);
}

const MOST_REPLICAS = 2 ** 31 - 1;

/** A number that others scale by. */
function validateScale({ scale }: ResourceVersion, draft: KubeObject, problems: Problems): void {
  if (scale === undefined) return;
  const replicas = fieldAt(draft, scale.specReplicasPath);
  const at = scale.specReplicasPath.slice(1);
  if (typeof replicas !== 'number') return;
  if (replicas < 0) problems.invalid(at, replicas, 'should be a non-negative integer');
  if (replicas > MOST_REPLICAS) {
    problems.invalid(at, replicas, `should be less than or equal to ${MOST_REPLICAS}`);
  }
}
