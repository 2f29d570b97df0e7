import { Session, type Debugger } from 'node:inspector';

/** One stack may be anywhere in a loop; a few, some steps from each other, tell what it consists of. */
const SAMPLES = 8;
/** In a loop that has no next step, a step ends here. */
const STEP_MS = 50;
const LIMIT_MS = 2_000;
const MOST_FRAMES = 30;

/** Looks at the stack of this process' main thread from another one, and can end the process from there. */
export class StackSampler {
  readonly #session = new Session();
  /** By script id. */
  readonly #files = new Map<string, string>();
  #frame: string | undefined;

  constructor() {
    this.#session.connectToMainThread();
    this.#session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => this.#files.set(scriptId, url));
  }

  /**
   * The different stacks that were found, innermost frame first; none when the main thread is not in JavaScript. The
   * main thread stays where the last one was taken.
   */
  take(): Promise<string[][]> {
    const stacks = new Map<string, string[]>();
    let samples = 0;
    let step: NodeJS.Timeout | undefined;
    return new Promise((resolve) => {
      const end = (): void => resolve([...stacks.values()]);
      setTimeout(end, LIMIT_MS);
      this.#session.on('Debugger.resumed', () => (this.#frame = undefined));
      this.#session.on('Debugger.paused', ({ params: { callFrames } }) => {
        clearTimeout(step);
        this.#frame = callFrames[0]?.callFrameId;
        const stack = callFrames.slice(0, MOST_FRAMES).map((frame) => this.#describe(frame));
        stacks.set(stack.join(), stack);
        if (++samples === SAMPLES) return end();
        // Not just on and pause: a loop of microtasks is paused between two of them, when none of them is on the stack.
        this.#session.post('Debugger.stepInto');
        step = setTimeout(() => this.#session.post('Debugger.pause'), STEP_MS);
      });
      this.#session.post('Debugger.enable');
      this.#session.post('Debugger.pause');
    });
  }

  /** Ends the process where its main thread was paused: only that thread can give it an exit code. */
  endProcess(exitCode: number): void {
    if (this.#frame === undefined) return;
    const expression = `process.reallyExit(${exitCode})`;
    this.#session.post('Debugger.evaluateOnCallFrame', { callFrameId: this.#frame, expression });
    // The exit waits for whoever debugs to have gone.
    this.#session.disconnect();
  }

  #describe({ functionName, location }: Debugger.CallFrame): string {
    const name = functionName === '' ? '(anonymous)' : functionName;
    const file = this.#files.get(location.scriptId) ?? '';
    return `${name} (${file}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1})`;
  }
}
