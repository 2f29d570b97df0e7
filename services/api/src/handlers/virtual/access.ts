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
} from '@shiplog/contracts';
import { GoSyntax, ok, Problems, refused, type Result, statusOf } from '@shiplog/apimachinery';
import { reviewOf, type ReviewContext } from './review';

type Attributes = Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>;

/** Paths that are answered to those, too, who do not say who they are. */
const OPEN_PATHS = /^\/(healthz|livez|readyz|version)(\/|$)/;
const ANONYMOUS = { user: 'system:anonymous', group: 'system:unauthenticated' };

const ALLOWED: SubjectAccessReviewStatus = {
  allowed: true,
  reason: 'whoever is authenticated may do everything: rights of single users are not kept',
};

/** What holds today: the api asks who somebody is, and then for no right. */
function judge({ user, groups = [], nonResourceAttributes }: SubjectAccessReviewSpec): SubjectAccessReviewStatus {
  if (user !== ANONYMOUS.user && !groups.includes(ANONYMOUS.group)) return ALLOWED;
  const { path = '', verb = '' } = nonResourceAttributes ?? {};
  const isOpen = OPEN_PATHS.test(path) && (verb === 'get' || verb === 'head');
  return isOpen
    ? { allowed: true, reason: 'everybody may ask for the health and the version of the server' }
    : { allowed: false, reason: 'who does not say who they are may only ask for health and version' };
}

/** `kubectl auth can-i`. */
export const selfSubjectAccessReview = reviewOf<SelfSubjectAccessReview>((review, context) => {
  const problems = new Problems();
  validateAttributes(review.spec, problems);
  validateNoMetadata(review.metadata, problems);
  return answered(problems, context, () => ({ ...review, status: ALLOWED }));
});

export const subjectAccessReview = reviewOf<SubjectAccessReview>((review, context) => {
  const problems = new Problems();
  validateSubject(review.spec, problems);
  validateNoMetadata(review.metadata, problems);
  return answered(problems, context, () => ({ ...review, status: judge(review.spec) }));
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
    status: judge(spec),
  }));
});

/** `kubectl auth can-i --list`. */
export const selfSubjectRulesReview = reviewOf<SelfSubjectRulesReview>(({ apiVersion, kind, spec }) => {
  if ((spec.namespace ?? '') === '') return refused(statusOf.badRequest('no namespace on request'));
  const status = {
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    incomplete: false,
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
