import { stripVTControlCharacters } from 'node:util';

/** Control characters, and those that turn the direction of text: a terminal obeys them. */
const OBEYED = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]+/gu;

/** One line of text that came from elsewhere (the bus, a log), fit for a terminal: what a terminal obeys is taken out. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(OBEYED, ' ').trimEnd();
}

/** The same of a text of several lines. */
export function plainLines(text: string): string {
  return text
    .split('\n')
    .map((line) => plainText(line))
    .join('\n');
}
