import type { LifecycleChanges } from './lifecycle';

/** Commands of one line that are looked at, at most. */
const MOST_STEPS = 20;
const SHELLS = /(^|\/)(sh|ash|bash)$/;

/**
 * What the commonest of short-lived commands would do: `sleep 5`, `true`, `false`, `exit 3`, `echo hello`, and lines of them for a
 * shell, so that a Job of an example completes on a hollow node too. Undefined of all else: nobody knows how long it runs.
 */
export function lifecycleOfCommand(command: readonly string[]): LifecycleChanges | undefined {
  const [program = '', flag, line] = command;
  if (SHELLS.test(program)) return flag === '-c' && line !== undefined ? ofLine(line) : undefined;
  return ofSteps([command]);
}

function ofLine(line: string): LifecycleChanges | undefined {
  const steps = line
    .split(/;|&&|\n/)
    .map((step) => words(step))
    .filter((step) => step.length > 0);
  return steps.length === 0 || steps.length > MOST_STEPS ? undefined : ofSteps(steps);
}

/** Words between blanks; a quote begins and ends a text as a whole, and nothing is expanded. */
function words(step: string): string[] {
  return [...step.matchAll(/"([^"]*)"|'([^']*)'|\S+/g)].map(([whole, double, single]) => double ?? single ?? whole);
}

function ofSteps(steps: readonly (readonly string[])[]): LifecycleChanges | undefined {
  const log: string[] = [];
  let ms = 0;
  let exitCode = 0;
  for (const [program = '', ...args] of steps) {
    const name = program.slice(program.lastIndexOf('/') + 1);
    const [first = '0'] = args;
    if (name === 'sleep' && /^\d{1,8}(\.\d{1,8})?$/.test(first)) ms += Number(first) * 1_000;
    else if (name === 'echo') log.push(args.join(' '));
    else if (name === 'true' || name === ':') exitCode = 0;
    else if (name === 'false') exitCode = 1;
    else if (name === 'exit' && /^\d{1,3}$/.test(first))
      return { run: { fromMs: ms, toMs: ms }, exitCode: Number(first) & 255, log };
    else return undefined;
  }
  return { run: { fromMs: ms, toMs: ms }, exitCode, log };
}
