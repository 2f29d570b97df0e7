import { textAnswer, type BodyAnswer } from '../rest/answer';

/** One thing that health depends on: what it is, and why it is not well (undefined: it is). */
export interface Check {
  readonly name: string;
  readonly why: () => string | undefined;
}

const PAGES = ['/healthz', '/livez', '/readyz'];

/** `/healthz`, `/livez` and `/readyz`, as Kubernetes words them; undefined for another path. */
export function healthPage(path: string, verbose: boolean, checks: readonly Check[]): BodyAnswer | undefined {
  const page = PAGES.find((one) => path === one || path.startsWith(`${one}/`));
  if (page === undefined) return undefined;
  const single = path.slice(page.length + 1);
  // A live process answers at all; whether it can serve is what readiness says.
  const considered = page === '/livez' ? checks.filter((check) => check.name === 'ping') : checks;
  const asked = single === '' ? considered : considered.filter((check) => check.name === single);
  if (single !== '' && asked.length === 0) return textAnswer(404, '404 page not found\n');
  const lines = asked.map((check) => {
    const why = check.why();
    return {
      well: why === undefined,
      text: why === undefined ? `[+]${check.name} ok` : `[-]${check.name} failed: ${why}`,
    };
  });
  const well = lines.every((one) => one.well);
  const report = (end: string): string => `${lines.map((one) => one.text).join('\n')}\n${page.slice(1)} check ${end}\n`;
  if (!well) return textAnswer(500, report('failed'));
  return textAnswer(200, verbose ? report('passed') : 'ok');
}
