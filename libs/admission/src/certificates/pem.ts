import { GoSyntax, type Problems } from '@shiplog/apimachinery';

interface Block {
  readonly type: string;
  readonly headers: boolean;
  readonly der: Uint8Array;
}

/** A block from `-----BEGIN x-----` to `-----END x-----`, each on a line of its own. */
const BLOCK = /^-----BEGIN ([^\n-]*)-----[ \t\r]*\n([^-]*?)-----END \1-----[ \t\r]*$/gm;
const HEADER = /^[^\n:]+:[^\n]*\n/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The PEM blocks of a text in base64, as fields of bytes come; what stands around them is nothing. */
function* blocksOf(base64: string): Generator<Block> {
  const text = Buffer.from(base64, 'base64').toString('latin1');
  for (const [, type = '', body = ''] of text.matchAll(BLOCK)) {
    const headers = HEADER.test(body);
    const content = (headers ? body.slice(body.indexOf('\n\n') + 1) : body).replace(/\s/g, '');
    if (BASE64.test(content)) yield { type, headers, der: Buffer.from(content, 'base64') };
  }
}

const SEQUENCE = 0x30;
const BIT_STRING = 0x03;

interface Element {
  readonly tag: number;
  readonly from: number;
  readonly to: number;
}

/** The elements (DER) that fill a part of some bytes to its end; undefined when they don't. */
function elementsIn(der: Uint8Array, from: number, to: number, most: number): Element[] | undefined {
  const found: Element[] = [];
  for (let at = from; at < to;) {
    const tag = der[at] ?? 0;
    const first = der[at + 1] ?? 0x80;
    const lengthBytes = first < 0x80 ? 0 : first - 0x80;
    if (found.length === most || first === 0x80 || lengthBytes > 4) return undefined;
    let length = lengthBytes === 0 ? first : 0;
    for (let i = 0; i < lengthBytes; i++) length = length * 256 + (der[at + 2 + i] ?? 0);
    const start = at + 2 + lengthBytes;
    at = start + length;
    if (at > to) return undefined;
    found.push({ tag, from: start, to: at });
  }
  return found;
}

/** Whether bytes are signed content as X.509 has it: what is said, by which algorithm, and the signature. */
function isSigned(der: Uint8Array): boolean {
  const outer = elementsIn(der, 0, der.length, 1)?.[0];
  if (outer?.tag !== SEQUENCE) return false;
  const tags = elementsIn(der, outer.from, outer.to, 3)?.map(({ tag }) => tag);
  return tags !== undefined && tags.join() === [SEQUENCE, SEQUENCE, BIT_STRING].join();
}

const MALFORMED = "asn1: structure error: tags don't match";

/** That a field of bytes is a request (PKCS #10) as PEM. Whether it is signed with its own key, who signs it finds out. */
export function requestProblem(base64: string, at: string, problems: Problems): void {
  const first = blocksOf(base64).next().value as Block | undefined;
  const wrong =
    first?.type !== 'CERTIFICATE REQUEST'
      ? 'PEM block type must be CERTIFICATE REQUEST'
      : isSigned(first.der)
        ? undefined
        : MALFORMED;
  if (wrong !== undefined) problems.invalid(at, bytesInGo(base64), wrong);
}

/** What is wrong with a field of bytes that should be certificates as PEM, in Kubernetes' words. */
export function pemProblem(base64: string): string | undefined {
  let blocks = 0;
  for (const { type, headers, der } of blocksOf(base64)) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (headers) return 'no PEM block headers are permitted';
    if (!isSigned(der)) return 'x509: malformed certificate';
    blocks += 1;
  }
  return blocks === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined;
}

/** The longest part of a value that is shown. */
const SHOWN_BYTES = 1_700;

function bytesInGo(base64: string): GoSyntax {
  const bytes = Buffer.from(base64, 'base64');
  const shown = [...bytes.subarray(0, SHOWN_BYTES)].map((byte) => `0x${byte.toString(16)}`).join(', ');
  return new GoSyntax(`[]byte{${shown}${bytes.length > SHOWN_BYTES ? ', …' : ''}}`);
}
