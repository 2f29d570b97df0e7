import type { StoredObject } from '@shiplog/contracts';
import type { Selection } from '../../rest/options';

/** Objects of a kind that is read without being stored. */
export interface VirtualSource {
  /** What is told to whoever reads any; undefined: nothing. */
  readonly warning?: string;
  /** Those that a selection chooses, in the order of lists. */
  list(selection: Selection): Promise<readonly StoredObject[]>;
  /** Throws NotFound for what is not there. */
  get(namespace: string, name: string): Promise<StoredObject>;
}
