/** Quantities as Kubernetes writes resource amounts: `100m`, `1Gi`, `0.5`, `2e3`. Held in thousandths as a bigint. */

const SYNTAX = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)((?:[eE][+-]?\d+)|[KMGTPE]i|[numkMGTPE]?)$/;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const DECIMAL_UP = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

const SYNTAX_ERROR = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
/** What Kubernetes' scanner takes apart, also when it knows no such suffix. */
const SCANNED = /^[+-]?\d*(?:\.\d*)?[eEinumkKMGTP]*[+-]?\d*$/;

/** Kubernetes' words for text that is no quantity. */
export function quantityProblem(text: string): string {
  return text !== '' && SCANNED.test(text) ? "unable to parse quantity's suffix" : SYNTAX_ERROR;
}

type Family = 'binary' | 'decimal' | 'exponent';
interface Parsed {
  readonly milli: bigint;
  readonly family: Family;
  /** Made when it is first asked for. */
  canonical?: string;
}

function ceilDivide(amount: bigint, divisor: bigint): bigint {
  const whole = amount / divisor;
  return amount % divisor === 0n ? whole : whole + 1n;
}

/** `1.25` times a factor given as numerator and power of ten, in thousandths, rounded away from zero as Kubernetes does. */
function toMilli(digits: string, numerator: bigint, power: number): bigint {
  const [whole = '', fraction = ''] = digits.split('.');
  const exponent = power - fraction.length + 3;
  const amount = BigInt(whole + fraction || '0') * numerator;
  return exponent >= 0 ? amount * 10n ** BigInt(exponent) : ceilDivide(amount, 10n ** BigInt(-exponent));
}

/** The same few texts stand in all pods: to parse one costs ten times the look at what it was before. */
const PARSED = new Map<string, Parsed>();
const PARSED_KEPT = 16_384;

function parse(text: string): Parsed | undefined {
  const known = PARSED.get(text);
  if (known !== undefined) return known;
  const parsed = parseAnew(text);
  if (parsed === undefined) return undefined;
  if (PARSED.size >= PARSED_KEPT) PARSED.clear();
  PARSED.set(text, parsed);
  return parsed;
}

function parseAnew(text: string): Parsed | undefined {
  const found = SYNTAX.exec(text);
  if (found === null || text.length > 64) return undefined;
  const [, sign, digits = '', suffix = ''] = found;
  const binary = BINARY.indexOf(suffix);
  const exponent = /^[eE][+-]?\d/.test(suffix) ? Number(suffix.slice(1)) : undefined;
  if (exponent !== undefined && Math.abs(exponent) > 30) return undefined;
  const milli =
    suffix !== '' && binary > 0
      ? toMilli(digits, 1024n ** BigInt(binary), 0)
      : toMilli(digits, 1n, exponent ?? DECIMAL.get(suffix) ?? 0);
  const family: Family = exponent !== undefined ? 'exponent' : binary > 0 ? 'binary' : 'decimal';
  return { milli: sign === '-' ? -milli : milli, family };
}

/** The amount in thousandths (`parseQuantity('1') === 1000n`, `'100m'` → `100n`), or undefined when it is no quantity. */
export function parseQuantity(text: string): bigint | undefined {
  return parse(text)?.milli;
}

/** The amount in thousandths of a quantity that was validated before; throws on anything else. */
export function milliOf(text: string): bigint {
  const milli = parseQuantity(text);
  if (milli === undefined) throw new Error(`${JSON.stringify(text)} is no quantity: ${quantityProblem(text)}`);
  return milli;
}

function formatExponent(milli: bigint, family: Family): string {
  if (milli === 0n) return '0';
  let power = -3;
  let amount = milli;
  while (amount % 1000n === 0n && power < 18) {
    amount /= 1000n;
    power += 3;
  }
  if (family === 'exponent') return power === 0 ? `${amount}` : `${amount}e${power}`;
  return power === -3 ? `${amount}m` : `${amount}${DECIMAL_UP[power / 3] ?? ''}`;
}

/** The canonical text of an amount in thousandths: the largest suffix that keeps it whole, of the family asked for. */
export function formatQuantity(milli: bigint, family: Family = 'decimal'): string {
  const small = milli < 0n ? milli > -1_024_000n : milli < 1_024_000n;
  if (family !== 'binary' || milli % 1000n !== 0n || small) {
    return formatExponent(milli, family === 'exponent' ? 'exponent' : 'decimal');
  }
  let amount = milli / 1000n;
  let step = 0;
  while (amount % 1024n === 0n && amount !== 0n && step < 6) {
    amount /= 1024n;
    step += 1;
  }
  // Written without a suffix it would be read back as decimal, and then written differently: decimal at once.
  return step === 0 ? formatExponent(milli, 'decimal') : `${amount}${BINARY.at(step) ?? ''}`;
}

/** How Kubernetes writes a quantity back (`0.5` → `500m`, `1024Mi` → `1Gi`), or undefined when it is none. */
export function canonicalQuantity(text: string): string | undefined {
  const parsed = parse(text);
  if (parsed === undefined) return undefined;
  return (parsed.canonical ??= formatQuantity(parsed.milli, parsed.family));
}

/** Below zero, zero or above zero, as `a` is less than, equal to or more than `b`. Both must be quantities. */
export function compareQuantities(a: string, b: string): number {
  const difference = milliOf(a) - milliOf(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The sum of quantities, in decimal form unless one of them is binary. */
export function addQuantities(...amounts: readonly string[]): string {
  const parsed = amounts.map((amount) => parse(amount)).filter((item) => item !== undefined);
  const total = parsed.reduce((sum, item) => sum + item.milli, 0n);
  return formatQuantity(total, parsed.some((item) => item.family === 'binary') ? 'binary' : 'decimal');
}
