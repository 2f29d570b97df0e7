import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseState, writeOwn } from '../runtime-folder';
import { isAlive, type ProcessIdentity } from './identity';

/** What is written down of each started process, so that a later launcher can find and end it. */
export interface ProcessRecord extends ProcessIdentity {
  name: string;
  /** Processes of a higher rank are stopped first. */
  rank: number;
  stopSignal?: NodeJS.Signals;
}

/** The folder of process records of one cluster. */
export class ProcessRecords {
  constructor(private readonly folder: string) {}

  write(record: ProcessRecord): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    writeOwn(this.path(record.name), JSON.stringify(record));
  }

  remove(name: string): void {
    rmSync(this.path(name), { force: true });
  }

  /** The records whose process still runs. */
  alive(): ProcessRecord[] {
    return this.all().filter(isAlive);
  }

  /** Those too whose process has ended unasked. */
  all(): ProcessRecord[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => parseState<ProcessRecord>(readFileSync(join(this.folder, file), 'utf8')))
      .filter((record) => record !== undefined);
  }

  private path(name: string): string {
    return join(this.folder, `${name}.json`);
  }
}
