import type { Identity } from '@shiplog/contracts';
import { LauncherFailure } from '../failure';
import { shellPath } from '../home';
import { parseState, readOwn, writeOwn } from '../runtime-folder';
import type { NatsUser } from './server-config';

/** Somebody who was let in from elsewhere: a machine that joined, or a token by which one may. */
export interface Guest extends NatsUser {
  /** Milliseconds since 1970; absent: until it is forgotten. */
  readonly until?: number;
}

/** Who may connect beside the launcher's own processes; kept in the home. Only public halves of keys are in it. */
export class Roster {
  constructor(
    private readonly path: string,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Those whose time is not over.
   * @throws LauncherFailure when what is kept can't be read: without a word, machines that joined would be shut out
   */
  all(): Guest[] {
    const text = readOwn(this.path);
    const guests = text === undefined ? [] : parseState<Guest[]>(text);
    if (guests === undefined)
      throw new LauncherFailure(
        `${this.path}, the list of machines that joined, can't be read.`,
        `rm ${shellPath(this.path)} && npm start; each of them then has to join again`,
      );
    return guests.filter(({ until }) => until === undefined || until > this.now());
  }

  has({ role, name }: Identity): boolean {
    return this.all().some((guest) => guest.role === role && guest.name === name);
  }

  add(...guests: readonly Guest[]): void {
    const others = this.all().filter((known) => !guests.some((guest) => isSame(guest, known)));
    this.#write([...others, ...guests]);
  }

  /** Takes guests off; answers whether any was there. */
  remove(chosen: (guest: Guest) => boolean): boolean {
    const before = this.all();
    const after = before.filter((guest) => !chosen(guest));
    this.#write(after);
    return after.length < before.length;
  }

  #write(guests: readonly Guest[]): void {
    writeOwn(this.path, `${JSON.stringify(guests, null, 2)}\n`);
  }
}

function isSame(a: Identity, b: Identity): boolean {
  return a.role === b.role && a.name === b.name;
}
