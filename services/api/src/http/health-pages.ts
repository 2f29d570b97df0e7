import { textAnswer, type BodyAnswer } from '../rest/answer';

/** One thing that health depends on: what it is, and why it is not well (undefined: it is). */
export interface Check {
  readonly name: string;
  readonly problem: () => string | undefined;
}

const PAGES = ['/healthz', '/livez', '/readyz'];

/** `/healthz`, `/livez` and `/readyz`, as Kubernetes words them; undefined for another path. */
export function healthPage(path: string, verbose: boolean, checks: readonly Check[]): BodyAnswer | undefined {
  const page = PAGES.find((root) => path === root || path.startsWith(`${root}/`));
  if (page === undefined) return undefined;
  const single = path.slice(page.length + 1);
  // A live process answers at all; whether it can serve is what readiness says.
  const considered = page === '/livez' ? checks.filter((check) => check.name === 'ping') : checks;
  const asked = single === '' ? considered : considered.filter((check) => check.name === single);
  if (single !== '' && asked.length === 0) return textAnswer(404, '404 page not found\n');
  const lines = asked.map((check) => {
    const problem = check.problem();
    return {
      well: problem === undefined,
      text: problem === undefined ? `[+]${check.name} ok` : `[-]${check.name} failed: ${problem}`,
    };
  });
  const well = lines.every((line) => line.well);
  const report = (end: string): string =>
    `${lines.map((line) => line.text).join('\n')}\n${page.slice(1)} check ${end}\n`;
  if (!well) return textAnswer(500, report('failed'));
  return textAnswer(200, verbose ? report('passed') : 'ok');
}
