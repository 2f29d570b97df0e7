import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import type { KubeletConfig } from '../settings';

/** The engine's id of a command. */
const EXEC_ID = /^[a-zA-Z0-9_.-]{1,128}$/;

/**
 * Which commands run for sessions of this node: a file for each, so that a kubelet whose predecessor was killed knows what
 * nobody waits for any more.
 */
@Injectable()
export class ExecRecords {
  readonly #directory: string;

  constructor(@Inject(CONFIG) { stateDir }: Pick<KubeletConfig, 'stateDir'>) {
    this.#directory = join(stateDir, 'sessions');
  }

  async begin(execId: string): Promise<void> {
    if (!EXEC_ID.test(execId)) throw new Error('the engine gave a command an id that can be no file');
    await mkdir(this.#directory, { recursive: true });
    await writeFile(join(this.#directory, execId), '');
  }

  async end(execId: string): Promise<void> {
    await rm(join(this.#directory, execId), { force: true });
  }

  /** What was begun and never ended. */
  async all(): Promise<string[]> {
    return readdir(this.#directory).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
  }
}
