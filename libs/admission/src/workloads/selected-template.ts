import type { LabelSelector, PodTemplateSpec } from '@shiplog/contracts';
import { GoSyntax, matchesLabelSelector, Problems, sameJson } from '@shiplog/apimachinery';
import { validateLabelSelector } from '../pods/label-selector';

/** As Go writes the structure. */
export function goSelector(selector: LabelSelector | undefined): GoSyntax {
  if (selector === undefined) return new GoSyntax('null');
  const { matchLabels, matchExpressions = [] } = selector;
  const items = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `v1.LabelSelectorRequirement{Key:${JSON.stringify(key)}, Operator:${JSON.stringify(operator)}, Values:${GoSyntax.list(values).text}}`,
  );
  const list = items.length === 0 ? '(nil)' : `{${items.join(', ')}}`;
  const labels = GoSyntax.map(matchLabels).text;
  return new GoSyntax(`v1.LabelSelector{MatchLabels:${labels}, MatchExpressions:[]v1.LabelSelectorRequirement${list}}`);
}

/** An empty selector chooses everything: no set of pods may. */
export function isEmptySelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}

/** Whether a selector is one at all, as Kubernetes' LabelSelectorAsSelector finds. Only then can labels be held against it. */
export function isSoundSelector(selector: LabelSelector): boolean {
  // Of its own: those of the object take no more when they are full.
  const problems = new Problems();
  validateLabelSelector(selector, '', problems);
  return problems.none;
}

/** Whether a selector chooses what has these labels: none at all and what is no selector choose nothing, an empty one everything. */
export function selects(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return selector !== undefined && isSoundSelector(selector) && matchesLabelSelector(selector, labels);
}

/** The selector must choose the pods that are made of the template. */
export function validateChosen(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec,
  at: string,
  problems: Problems,
): void {
  const labels = template.metadata?.labels;
  if (matchesLabelSelector(selector, labels)) return;
  problems.invalid(`${at}.metadata.labels`, GoSyntax.map(labels), '`selector` does not match template `labels`');
}

interface Owner {
  /** In the words of Kubernetes' texts: `deployment`. */
  readonly kind: string;
  /** What it says of a selector that is none. */
  readonly unsound: string;
}

/** Of the selector and the template of a set of pods all but what is in the template; answers whether that is worth a look. */
export function validateSelection(
  { selector, template }: { readonly selector?: LabelSelector; readonly template: PodTemplateSpec },
  { kind, unsound }: Owner,
  problems: Problems,
): boolean {
  if (selector === undefined) problems.required('spec.selector');
  else {
    validateLabelSelector(selector, 'spec.selector', problems);
    if (isEmptySelector(selector)) {
      problems.invalid('spec.selector', goSelector(selector), `empty selector is invalid for ${kind}`);
    }
    if (!isSoundSelector(selector)) {
      problems.invalid('spec.selector', goSelector(selector), unsound);
      return false;
    }
  }
  validateChosen(selector, template, 'spec.template', problems);
  return true;
}

/** A set keeps to its pods: their selector stays as it was made. */
export function validateSameSelector(
  after: LabelSelector | undefined,
  before: LabelSelector | undefined,
  problems: Problems,
): void {
  if (!sameJson(after, before)) problems.invalid('spec.selector', goSelector(after), 'field is immutable');
}
