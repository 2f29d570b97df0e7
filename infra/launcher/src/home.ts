import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { writeOwn } from './runtime-folder';

/** The folder that holds all state of a cluster (`.shiplog/`), and what is where in it. */
export class Home {
  constructor(readonly folder: string) {}

  get kubeconfig(): string {
    return this.at('kubeconfig');
  }

  get tokens(): string {
    return this.at('tokens.csv');
  }

  /** The folder of process records. */
  get records(): string {
    return this.at('run');
  }

  get launcherLog(): string {
    return this.at('logs', 'launcher.log');
  }

  /** What the running launcher lets `status` and `up` know. */
  get claim(): string {
    return this.at('cluster.json');
  }

  /** Archives of images that the user puts here, for every minion. */
  get images(): string {
    return this.at('images');
  }

  at(...path: string[]): string {
    return join(this.folder, ...path);
  }

  log(name: string): string {
    return this.at('logs', `${name}.log`);
  }

  make(): void {
    mkdirSync(this.folder, { recursive: true });
    // Postgres' unprivileged user must pass through, and nobody needs to list it.
    chmodSync(this.folder, 0o711);
    for (const folder of [this.at('logs'), this.records]) {
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, 0o700);
    }
  }

  /** A random password that is made at first use and kept. */
  secret(name: string): string {
    return this.remembered(`secret-${name}`, () => randomBytes(18).toString('hex'));
  }

  /** A line of text that is made at first use and kept; an empty one, which a power cut left, is nobody's secret. */
  remembered(name: string, make: () => string): string {
    const path = this.at(name);
    const kept = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
    if (kept !== '') return kept;
    const text = make();
    mkdirSync(this.folder, { recursive: true });
    writeOwn(path, `${text}\n`);
    return text;
  }
}

/** A path as a user would type it: from the present folder when it is below that. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}

/** The same as a word of a shell's line. */
export function shellPath(path: string): string {
  const shown = shownPath(path);
  return /^[\w./@+-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`;
}
