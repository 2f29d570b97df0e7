import { BASELINE } from './baseline';
import type { Check, CheckedPod, Violation } from './check';
import type { LevelVersion } from './policy';
import { RESTRICTED } from './restricted';

/** The newest version that a check changed with; later ones are like it, and so is `latest`. */
const NEWEST = 32;

type Rule = (pod: CheckedPod) => Violation | undefined;

/** By level and version, the rules in Kubernetes' order: those of the baseline come first. */
const known = new Map<string, readonly Rule[]>();

/** How a pod breaks a level of the Pod Security Standards, as they were in a version of Kubernetes. */
export function violationsOf({ level, version }: LevelVersion, pod: CheckedPod): Violation[] {
  return rulesOf(level, version)
    .map((rule) => rule(pod))
    .filter((violation) => violation !== undefined);
}

function rulesOf(level: LevelVersion['level'], version: number | 'latest'): readonly Rule[] {
  if (level === 'privileged') return [];
  const minor = version === 'latest' ? NEWEST : Math.min(version, NEWEST);
  const key = `${level} ${minor}`;
  let rules = known.get(key);
  if (rules === undefined) known.set(key, (rules = madeRules(level, minor)));
  return rules;
}

function madeRules(level: 'baseline' | 'restricted', minor: number): readonly Rule[] {
  const stricter = level === 'baseline' ? [] : RESTRICTED;
  const overridden = new Set(
    stricter.filter(({ overridesSince = 0 }) => overridesSince <= minor).map((c) => c.overrides),
  );
  const checks = [...BASELINE.filter(({ id }) => !overridden.has(id)), ...stricter];
  return checks.map((check) => formOf(check, minor)).filter((rule) => rule !== undefined);
}

function formOf({ versions }: Check, minor: number): Rule | undefined {
  return versions.findLast(({ since }) => since <= minor)?.check;
}

/** What is broken and how, and what is broken, in one line each. */
export function detailOf(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
}

export function reasonOf(violations: readonly Violation[]): string {
  return violations.map(({ reason }) => reason).join(', ');
}
