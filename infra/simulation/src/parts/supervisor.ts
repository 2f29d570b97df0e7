import type { SimProcess } from '../world/process';
import type { World } from '../world/world';

/** Starts a program in a process: called with that process' code running. */
export type Program = (process: SimProcess) => unknown;

interface Post {
  readonly program: Program;
  process: SimProcess;
}

/** Starts processes, and starts one that has ended again, under its name. */
export class Supervisor {
  readonly #posts = new Map<string, Post>();

  constructor(
    private readonly world: World,
    private readonly onFailure: (process: SimProcess, error: unknown) => void,
  ) {}

  start(name: string, program: Program): void {
    const process = this.world.process(name);
    this.#posts.set(name, { program, process });
    this.world.trace.say(name, process.life === 1 ? 'starts' : `starts, for the ${process.life}th time`);
    this.world.later(process, 0, 'timer', () => {
      void (async () => program(process))().catch((error: unknown) => this.onFailure(process, error));
    });
  }

  get names(): string[] {
    return [...this.#posts.keys()];
  }

  /** The process that has a name at the moment, also one that has ended. */
  process(name: string): SimProcess | undefined {
    return this.#posts.get(name)?.process;
  }

  /** As by SIGKILL; another one is started after a while. */
  crash(process: SimProcess, restartAfterMs: number): void {
    if (process.isEnded) return;
    this.world.trace.say(process.name, `is killed, comes back in ${Math.round(restartAfterMs)} ms`);
    process.end();
    this.world.time.after(restartAfterMs, () => {
      const post = this.#posts.get(process.name);
      if (post?.process === process) this.start(process.name, post.program);
    });
  }
}
