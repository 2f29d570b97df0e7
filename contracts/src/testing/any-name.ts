import fc from 'fast-check';

/** Names with all that NATS, percent-encoding or a token for "none" could trip over. */
export const anyName = fc.oneof(
  fc.constantFrom('*', '>', '_', '', '.', 'anyone', 'a'),
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom('a', '.', '%', '2', 'E', '*', '>', '_', ' ', '\t', '\n', '\u0000', '\u00a0', '\u2028'),
  }),
);
