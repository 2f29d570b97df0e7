import { dns1035Label, type Problems } from '@shiplog/apimachinery';
import type { Names } from './types';

/** What the names of a definition must be, in its spec and as its status accepts them (ValidateCustomResourceDefinitionNames). */
export function validateNames(names: Partial<Names>, at: string, problems: Problems): void {
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names;
  label(`${at}.plural`, plural, problems);
  label(`${at}.singular`, singular, problems);
  mixedCaseLabel(`${at}.kind`, kind, problems);
  mixedCaseLabel(`${at}.listKind`, listKind, problems);
  shortNames.forEach((name, i) => breach(`${at}.shortNames[${i}]`, name, problems));
  if (kind !== '' && kind === listKind) {
    problems.invalid(`${at}.listKind`, listKind, 'kind and listKind may not be the same');
  }
  categories.forEach((name, i) => breach(`${at}.categories[${i}]`, name, problems));
}

/** Names that a spec can't be without. */
export function requireNames(names: Partial<Names>, at: string, problems: Problems): void {
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    if ((names[field] ?? '') === '') problems.required(`${at}.${field}`);
  }
}

/** All that is wrong with a DNS-1035 label in one sentence. */
export function breach(at: string, text: string, problems: Problems): void {
  const wrong = dns1035Label(text);
  if (wrong.length > 0) problems.invalid(at, text, wrong.join(','));
}

function label(at: string, text: string, problems: Problems): void {
  if (text !== '') breach(at, text, problems);
}

function mixedCaseLabel(at: string, text: string, problems: Problems): void {
  const wrong = text === '' ? [] : dns1035Label(text.toLowerCase());
  if (wrong.length > 0) {
    problems.invalid(at, text, `may have mixed case, but should otherwise match: ${wrong.join(',')}`);
  }
}
