import fc from 'fast-check';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityProblem,
} from './quantity';

describe('quantities', () => {
  it.each([
    ['1', 1000n],
    ['100m', 100n],
    ['0.5', 500n],
    ['.5', 500n],
    ['1.', 1000n],
    ['1Ki', 1_024_000n],
    ['1.5Gi', 1_610_612_736_000n],
    ['2k', 2_000_000n],
    ['1e3', 1_000_000n],
    ['1E3', 1_000_000n],
    ['12E', 12_000_000_000_000_000_000_000n],
    ['-3', -3000n],
    ['+3', 3000n],
    ['0', 0n],
  ])('%s is read as %s thousandths', (text, milli) => {
    expect(parseQuantity(text)).toBe(milli);
  });

  it('rounds what is finer than a thousandth up, as Kubernetes does', () => {
    expect(parseQuantity('1n')).toBe(1n);
    expect(parseQuantity('1500u')).toBe(2n);
    expect(parseQuantity('0.0001')).toBe(1n);
  });

  it.each(['', 'abc', '1GiB', '1 Gi', '--1', '1..2', 'Gi', '1e', '0x10', '1Mi1', ' 1'])('%j is no quantity', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
    expect(canonicalQuantity(text)).toBeUndefined();
  });

  it.each([
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['1500Mi', '1500Mi'],
    ['0.5Gi', '512Mi'],
    ['1000', '1k'],
    ['1024', '1024'],
    ['1e3', '1e3'],
    ['100m', '100m'],
    ['0', '0'],
    ['0Gi', '0'],
    ['1500', '1500'],
    ['887687.5Ki', '908992k'],
  ])('%s is written back as %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  it.each([
    ['1K', "unable to parse quantity's suffix"],
    ['1mm', "unable to parse quantity's suffix"],
    ['1e', "unable to parse quantity's suffix"],
    ['1Mi1', "unable to parse quantity's suffix"],
    ['512MB', "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
    ['1.2.3', "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
    ['', "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  ])('%j is told what is wrong with it', (text, problem) => {
    expect(quantityProblem(text)).toBe(problem);
  });

  it('are compared by amount, not by text', () => {
    expect(compareQuantities('1Gi', '1024Mi')).toBe(0);
    expect(compareQuantities('1G', '1Gi')).toBe(-1);
    expect(compareQuantities('2', '1999m')).toBe(1);
  });

  it('are added in the form of the binary one', () => {
    expect(addQuantities('100m', '200m', '1')).toBe('1300m');
    expect(addQuantities('512Mi', '512Mi')).toBe('1Gi');
    expect(addQuantities()).toBe('0');
  });

  it('survive writing and reading, in each family', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
        fc.constantFrom('binary', 'decimal', 'exponent'),
        (milli, family) => {
          expect(parseQuantity(formatQuantity(milli, family as 'binary'))).toBe(milli);
        },
      ),
    );
  });

  it('have a canonical form that is canonical itself and means the same', () => {
    const text = fc
      .tuple(
        fc.nat(1_000_000),
        fc.option(fc.nat(999)),
        fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'Ti', 'e2'),
      )
      .map(([whole, fraction, suffix]) => `${whole}${fraction === null ? '' : `.${fraction}`}${suffix}`);
    fc.assert(
      fc.property(text, (given) => {
        const canonical = canonicalQuantity(given);
        expect(canonical).toBeDefined();
        expect(canonicalQuantity(canonical ?? '')).toBe(canonical);
        expect(parseQuantity(canonical ?? '')).toBe(parseQuantity(given));
      }),
    );
  });
});
