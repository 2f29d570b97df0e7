import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  LocalSubjectAccessReview,
  ObjectMeta,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
  UserInfo,
} from '@shiplog/contracts';
import { GoSyntax, ok, Problems, refused, type Result, statusOf } from '@shiplog/apimachinery';
import type { Request, ResourceRequest } from '@shiplog/authorization';
import { infoOf } from '../../rest/access-request';
import { reviewOf, type ReviewContext } from './review';

type Attributes = Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>;

/** Whether somebody has the rights, and by what, as the authorizer says it. */
function judge(user: UserInfo, spec: Attributes, { access }: ReviewContext): SubjectAccessReviewStatus {
  const { allowed, reason } = access(requestOf(user, spec));
  return { allowed, ...(reason === '' ? {} : { reason }) };
}

function requestOf(user: UserInfo, { resourceAttributes, nonResourceAttributes }: Attributes): Request {
  if (resourceAttributes === undefined) {
    return { user, verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' };
  }
  const { verb = '', group = '', resource = '', subresource, namespace, name, fieldSelector } = resourceAttributes;
  return { user, verb, group, resource, subresource, namespace, name, fields: fieldsOf(fieldSelector) };
}

/** Those that must have one value; authorizers heed no others. */
function fieldsOf(selector: FieldSelectorAttributes | undefined): ResourceRequest['fields'] {
  return new Map(
    selector?.requirements?.flatMap(({ key, operator, values = [] }): [string, string][] =>
      operator === 'In' && values.length === 1 ? [[key, values[0] ?? '']] : [],
    ),
  );
}

function userOf({ user = '', groups, uid, extra }: SubjectAccessReviewSpec): UserInfo {
  return { username: user, groups, uid, extra };
}

/** `kubectl auth can-i`. */
export const selfSubjectAccessReview = reviewOf<SelfSubjectAccessReview>((review, context) => {
  const problems = new Problems();
  validateAttributes(review.spec, problems);
  validateNoMetadata(review.metadata, problems);
  return answered(problems, context, () => ({
    ...review,
    status: judge(infoOf(context.user), review.spec, context),
  }));
});

export const subjectAccessReview = reviewOf<SubjectAccessReview>((review, context) => {
  const problems = new Problems();
  validateSubject(review.spec, problems);
  validateNoMetadata(review.metadata, problems);
  return answered(problems, context, () => ({
    ...review,
    status: judge(userOf(review.spec), review.spec, context),
  }));
});

/** The same of one namespace, for who may ask in no other. */
export const localSubjectAccessReview = reviewOf<LocalSubjectAccessReview>((review, context) => {
  const { metadata, spec } = review;
  const { namespace = context.namespace } = metadata;
  if (namespace !== context.namespace) {
    const rule = 'the namespace of the provided object does not match the namespace sent on the request';
    return refused(statusOf.badRequest(rule));
  }
  const problems = new Problems();
  validateSubject(spec, problems);
  const { namespace: _settled, ...others } = metadata;
  if (Object.keys(others).length > 0) {
    problems.invalid('metadata', metaInGo(metadata), 'must be empty except for namespace');
  }
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (resourceAttributes !== undefined && (resourceAttributes.namespace ?? '') !== namespace) {
    const at = 'spec.resourceAttributes.namespace';
    problems.invalid(at, resourceAttributes.namespace ?? '', 'must match metadata.namespace');
  }
  if (nonResourceAttributes !== undefined) {
    const shown = nonResourceInGo(nonResourceAttributes);
    problems.invalid('spec.nonResourceAttributes', shown, 'disallowed on this kind of request');
  }
  return answered(problems, context, () => ({
    ...review,
    metadata: { ...metadata, namespace },
    status: judge(userOf(spec), spec, context),
  }));
});

/** `kubectl auth can-i --list`. */
export const selfSubjectRulesReview = reviewOf<SelfSubjectRulesReview>(({ apiVersion, kind, spec }, context) => {
  const { namespace = '' } = spec;
  if (namespace === '') return refused(statusOf.badRequest('no namespace on request'));
  const { rules, problems } = context.rights.rulesOf(infoOf(context.user), namespace);
  const status = {
    resourceRules: rules
      .filter(({ resources = [] }) => resources.length > 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, resourceNames })),
    nonResourceRules: rules
      .filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
    ...(problems.length === 0 ? {} : { evaluationError: problems.join(', ') }),
  };
  return ok({ apiVersion, kind, metadata: {}, spec: {}, status });
});

function answered<T>(problems: Problems, { row }: ReviewContext, make: () => T): Result<T> {
  return problems.none ? ok(make()) : refused(statusOf.invalid(row, '', problems.causes));
}

/** Kubernetes' ValidateSubjectAccessReviewSpec. */
function validateSubject(spec: SubjectAccessReviewSpec, problems: Problems): void {
  validateAttributes(spec, problems);
  if ((spec.user ?? '') === '' && (spec.groups ?? []).length === 0) {
    problems.invalid('spec.user', spec.user ?? '', 'at least one of user or group must be specified');
  }
}

/** That a question is about a resource or about another path, and a selector is told in one of its two ways. */
function validateAttributes({ resourceAttributes, nonResourceAttributes }: Attributes, problems: Problems): void {
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const rule = 'cannot be specified in combination with resourceAttributes';
    problems.invalid('spec.nonResourceAttributes', nonResourceInGo(nonResourceAttributes), rule);
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    const rule = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    problems.invalid('spec.resourceAttributes', undefined, rule);
  }
  if (resourceAttributes !== undefined) validateSelectors(resourceAttributes, problems);
}

function validateSelectors({ fieldSelector, labelSelector }: ResourceAttributes, problems: Problems): void {
  const at = 'spec.resourceAttributes';
  if (fieldSelector !== undefined) validateSelector(fieldSelector, `${at}.fieldSelector`, problems);
  if (labelSelector !== undefined) validateSelector(labelSelector, `${at}.labelSelector`, problems);
}

/** Operators may be unknown: a newer client may ask for what this server does not know. */
function validateSelector(
  { rawSelector = '', requirements = [] }: FieldSelectorAttributes | LabelSelectorAttributes,
  at: string,
  problems: Problems,
): void {
  if (rawSelector !== '' && requirements.length > 0) {
    problems.invalid(`${at}.rawSelector`, rawSelector, 'may not specified at the same time as requirements');
  }
  if (rawSelector === '' && requirements.length === 0) {
    problems.required(`${at}.requirements`, `when ${at} is specified, requirements or rawSelector is required`);
  }
  requirements.forEach(({ key, operator, values = [] }, i) => {
    const here = `${at}.requirements[${i}]`;
    if (key === '') problems.required(`${here}.key`, 'must be specified');
    if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
      problems.required(`${here}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
    }
    if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
      problems.forbidden(`${here}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
  });
}

function validateNoMetadata(metadata: ObjectMeta, problems: Problems): void {
  if (Object.keys(metadata).length > 0) problems.invalid('metadata', metaInGo(metadata), 'must be empty');
}

const quoted = (text = ''): string => JSON.stringify(text);

function nonResourceInGo({ path, verb }: { path?: string; verb?: string }): GoSyntax {
  return new GoSyntax(`authorization.NonResourceAttributes{Path:${quoted(path)}, Verb:${quoted(verb)}}`);
}

/** The part that users write, as Go shows an ObjectMeta. */
function metaInGo({ name, generateName, namespace, labels, annotations, finalizers = [] }: ObjectMeta): GoSyntax {
  const texts = `Name:${quoted(name)}, GenerateName:${quoted(generateName)}, Namespace:${quoted(namespace)}`;
  const maps = `Labels:${GoSyntax.map(labels).text}, Annotations:${GoSyntax.map(annotations).text}`;
  return new GoSyntax(`v1.ObjectMeta{${texts}, ${maps}, Finalizers:${GoSyntax.list(finalizers).text}}`);
}
