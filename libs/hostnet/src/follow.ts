import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Between the end of the program and its next start. */
const PAUSE_MS = 5_000;

/** Hears each line that a program writes; undefined when it was started again, so that some may have been missed. */
export type HearLine = (line: string | undefined) => void;

/** A program that tells of changes as long as somebody listens, such as `ip monitor`. It is started again whenever it ends. */
export class FollowedProgram {
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(
    private readonly program: string,
    private readonly args: readonly string[],
    private readonly hear: HearLine,
    private readonly pauseMs = PAUSE_MS,
  ) {
    this.#start();
  }

  /** Ends the program, and hears nothing more of it. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#child?.kill();
  }

  #start(): void {
    const child = spawn(this.program, this.args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    child.unref();
    createInterface(child.stdout).on('line', (line) => {
      if (!this.#isStopped) this.hear(line);
    });
    // One that could not be started has no other end.
    child.once('error', () => this.#ended(child));
    child.once('close', () => this.#ended(child));
  }

  #ended(child: ChildProcess): void {
    if (this.#isStopped || this.#child !== child) return;
    this.#child = undefined;
    this.#timer = setTimeout(() => {
      this.#start();
      this.hear(undefined);
    }, this.pauseMs);
    this.#timer.unref();
  }
}
