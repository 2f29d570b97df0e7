import type { StatusCause } from '@shiplog/contracts';
import { Problems } from '@shiplog/apimachinery';

const PREFIX = 'pod-security.kubernetes.io/';
const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
const VERSION = /^v1\.(0|[1-9]\d{0,8})$/;

export type Level = (typeof LEVELS)[number];

/** A level of the standards, as it was in a minor version of Kubernetes. */
export interface LevelVersion {
  readonly level: Level;
  readonly version: number | 'latest';
}

/** What a namespace wants of its pods: what is refused, what is noted, what is told. */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

type Labels = Readonly<Record<string, string>>;

const ANYTHING: LevelVersion = { level: 'privileged', version: 'latest' };
const PERMISSIVE: Policy = { enforce: ANYTHING, audit: ANYTHING, warn: ANYTHING };

/** A namespace's policy, by its labels. One that can't be read is the strictest where it is enforced, and none elsewhere. */
export function policyOf(labels: Labels = {}): Policy {
  const names = Object.keys(labels);
  if (!names.some((name) => name.startsWith(PREFIX))) return PERMISSIVE;
  return { enforce: read(labels, 'enforce'), audit: read(labels, 'audit'), warn: read(labels, 'warn') };
}

function read(labels: Labels, mode: keyof Policy): LevelVersion {
  const [level, version] = [labels[`${PREFIX}${mode}`], labels[`${PREFIX}${mode}-version`]];
  const minor = VERSION.exec(version ?? '')?.[1];
  const unreadable = mode === 'enforce' ? 'restricted' : 'privileged';
  return {
    level: level === undefined ? 'privileged' : isLevel(level) ? level : unreadable,
    version: minor === undefined ? 'latest' : Number(minor),
  };
}

const isLevel = (text: string): text is Level => (LEVELS as readonly string[]).includes(text);

/** What is wrong with the labels of a namespace, a cause each. */
export function labelProblems(labels: Labels = {}): readonly StatusCause[] {
  const problems = new Problems();
  for (const mode of ['enforce', 'audit', 'warn']) {
    const [level, version] = [labels[`${PREFIX}${mode}`], labels[`${PREFIX}${mode}-version`]];
    const at = `metadata.labels[${PREFIX}${mode}`;
    if (level !== undefined && !isLevel(level))
      problems.invalid(`${at}]`, level, `must be one of ${LEVELS.join(', ')}`);
    if (version !== undefined && version !== 'latest' && !VERSION.test(version)) {
      problems.invalid(`${at}-version]`, version, 'must be "latest" or "v1.x"');
    }
  }
  return problems.causes;
}

/** As messages name it, for example `restricted:latest`. */
export function nameOf({ level, version }: LevelVersion): string {
  return `${level}:${version === 'latest' ? version : `v1.${version}`}`;
}

export function isSame(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && a.version === b.version;
}

/** Whether nothing that a policy allows is refused by another one of the same version. */
export function isRelaxed(to: LevelVersion, from: LevelVersion): boolean {
  return to.version === from.version && LEVELS.indexOf(to.level) <= LEVELS.indexOf(from.level);
}
