import { textAnswer, type BodyAnswer } from '../rest/answer';

/** One thing that health depends on: what it is, and why it is not well (undefined: it is). */
export interface Check {
  readonly name: string;
  readonly problem: () => string | undefined;
  /** Whether it says that nothing should be sent here for now, though nothing is wrong: a part of readiness alone. */
  readonly readinessOnly?: boolean;
}

/** What was asked for beside the path. */
interface Asked {
  readonly verbose?: unknown;
  /** Names of checks to leave out. */
  readonly exclude?: unknown;
}

export const HEALTH_PAGES = ['/healthz', '/livez', '/readyz'];
const NO_SNIFFING = { 'x-content-type-options': 'nosniff' };

/**
 * `/healthz`, `/livez` and `/readyz` with their single checks, as Kubernetes words them; undefined for another path. Anybody may
 * see the pages, so only a single check says what is wrong.
 */
export function healthPage(path: string, query: Asked, all: readonly Check[]): BodyAnswer | undefined {
  const page = HEALTH_PAGES.find((root) => path === root || path.startsWith(`${root}/`));
  if (page === undefined) return undefined;
  const checks = all.filter((check) => isPartOf(page, check));
  const single = path.slice(page.length + 1);
  return single === '' ? overview(page.slice(1), checks, query) : singleCheck(checks, single);
}

/** Whether a page has a check. A live process answers at all; whether it can serve is what readiness says. */
export function isPartOf(page: string, { name, readinessOnly = false }: Check): boolean {
  if (page === '/livez') return name === 'ping';
  return page === '/readyz' || !readinessOnly;
}

function singleCheck(checks: readonly Check[], name: string): BodyAnswer {
  const check = checks.find((item) => item.name === name);
  if (check === undefined) return textAnswer(404, '404 page not found\n');
  const problem = check.problem();
  return problem === undefined ? textAnswer(200, 'ok') : textAnswer(500, `internal server error: ${problem}\n`);
}

function overview(page: string, checks: readonly Check[], query: Asked): BodyAnswer {
  const excluded = new Set([query.exclude ?? []].flat().filter((name) => typeof name === 'string'));
  const lines: string[] = [];
  let well = true;
  for (const { name, problem } of checks) {
    if (excluded.delete(name)) {
      lines.push(`[+]${name} excluded: ok`);
    } else if (problem() === undefined) {
      lines.push(`[+]${name} ok`);
    } else {
      well = false;
      lines.push(`[-]${name} failed: reason withheld`);
    }
  }
  if (excluded.size > 0) {
    const names = [...excluded].sort().map((name) => JSON.stringify(name));
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names.join(',')}`);
  }
  const report = `${lines.join('\n')}\n${page} check ${well ? 'passed' : 'failed'}\n`;
  const answer = well ? textAnswer(200, 'verbose' in query ? report : 'ok') : textAnswer(500, report);
  return { ...answer, headers: NO_SNIFFING };
}
