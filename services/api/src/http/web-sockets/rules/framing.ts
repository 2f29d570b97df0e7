import type { StreamAnswer } from '../../../rest/answer';

type StreamContent = NonNullable<StreamAnswer['content']>;

/** How a stream is carried by a WebSocket. */
export interface Framing {
  /** The protocol that the answer names; '' for none. */
  readonly protocol: string;
  /** Whether its messages are text. */
  readonly isText: boolean;
  /** Whether an empty message tells that the stream has begun. */
  readonly greets: boolean;
  /** A part of the stream as messages. */
  readonly messages: (chunk: Buffer) => readonly (Buffer | string)[];
}

/** Why a stream can't be carried: the answer's HTTP status and text. */
export interface FramingRefused {
  readonly code: 400 | 403;
  readonly text: string;
}

const LINE_END = 0x0a;

/** Whole lines, each by itself, its end with it; the same bytes, not copied. */
export function linesIn(chunk: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < chunk.length;) {
    const end = chunk.indexOf(LINE_END, from);
    const next = end < 0 ? chunk.length : end + 1;
    lines.push(chunk.subarray(from, next));
    from = next;
  }
  return lines;
}

const bytes = (protocol: string): Framing => ({
  protocol,
  isText: false,
  greets: true,
  messages: (chunk) => [chunk],
});

/** Protocols of bytes (`Reader` of k8s.io/apimachinery/pkg/util/httpstream/wsstream); '' is what those speak who offer none. */
const OF_BYTES: ReadonlyMap<string, Framing> = new Map([
  ['', bytes('')],
  ['binary.k8s.io', bytes('binary.k8s.io')],
  [
    'base64.binary.k8s.io',
    {
      protocol: 'base64.binary.k8s.io',
      isText: true,
      greets: true,
      messages: (chunk) => [chunk.toString('base64')],
    },
  ],
]);

/** How a stream is carried to a client that offers some protocols. */
export function framingOf(content: StreamContent, offered: readonly string[]): Framing | FramingRefused {
  return content === 'events' ? eventFraming(offered) : byteFraming(offered);
}

/** Events are the same by every protocol, so that the only one offered is named to clients that insist. */
function eventFraming([protocol = '', ...more]: readonly string[]): Framing | FramingRefused {
  if (more.length > 0) return { code: 400, text: 'a watch speaks no protocol of a WebSocket: offer one at most' };
  return { protocol, isText: true, greets: false, messages: linesIn };
}

function byteFraming(offered: readonly string[]): Framing | FramingRefused {
  for (const name of offered.length === 0 ? [''] : offered) {
    const known = OF_BYTES.get(name);
    if (known !== undefined) return known;
  }
  const supported = [...OF_BYTES.keys()].filter((name) => name !== '').join(' ');
  return {
    code: 403,
    text: `requested protocol(s) are not supported: [${offered.join(' ')}]; supports [${supported}]`,
  };
}
