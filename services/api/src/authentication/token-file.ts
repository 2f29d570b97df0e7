import { hash } from 'node:crypto';
import { AUTHENTICATED } from '@shiplog/contracts';
import type { User } from '../rest/request';

/** The accepted bearer tokens, kept by digest so that a look-up says nothing of a token by its timing. */
export class Tokens {
  readonly #users = new Map<string, User>();

  /** From the lines of a token file in Kubernetes' form: `token,user,uid,"group1,group2"`. Throws when one is not so. */
  constructor(text: string) {
    for (const [index, line] of text.split('\n').entries()) {
      if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
      const [token, name, uid = '', groups = ''] = cutLine(line.trim());
      if (!token || !name) {
        throw new Error(`line ${index + 1} of the token file is not of the form token,user,uid,"group1,group2"`);
      }
      const named = groups.split(',').filter((group) => group !== '' && group !== AUTHENTICATED);
      this.#users.set(digest(token), { name, uid, groups: [...named, AUTHENTICATED] });
    }
    if (this.#users.size === 0) throw new Error('the token file holds no token');
  }

  /** The user of a bearer token; undefined for an unknown one. */
  userOf(token: string): User | undefined {
    return this.#users.get(digest(token));
  }
}

function digest(token: string): string {
  return hash('sha256', token, 'base64');
}

/** The fields of one line of CSV; a field in quotes may hold commas. */
function cutLine(line: string): string[] {
  const fields: string[] = [];
  for (const [, quoted, plain] of line.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g))
    fields.push((quoted ?? plain ?? '').trim());
  return fields;
}
