import { hash } from 'node:crypto';
import type { User } from '../../rest/request';
import type { AccountClaims } from './claims';

/** Tokens that are remembered: the most that are in use at a time in a cluster of thousands of pods. */
const MOST = 4_096;
/** A longer token is verified each time, in bytes: nobody fills the memory by audiences. */
const LONGEST = 4_096;

/** What a token whose signature was found good says, and whose it is. */
export interface VerifiedToken {
  readonly claims: AccountClaims;
  readonly user: User;
}

/** The tokens whose signatures were found good lately, by digest: to verify one takes a hundred times as long. */
export class VerifiedTokens {
  readonly #tokens = new Map<string, VerifiedToken>();

  get(token: string): VerifiedToken | undefined {
    const key = digest(token);
    const found = this.#tokens.get(key);
    if (found === undefined) return undefined;
    // The last used one goes last.
    this.#tokens.delete(key);
    this.#tokens.set(key, found);
    return found;
  }

  add(token: string, verified: VerifiedToken): void {
    if (token.length > LONGEST) return;
    this.#tokens.set(digest(token), verified);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > MOST && oldest !== undefined) this.#tokens.delete(oldest);
  }

  /** Forgets all: other keys are trusted now. */
  clear(): void {
    this.#tokens.clear();
  }
}

function digest(token: string): string {
  return hash('sha256', token, 'base64');
}
