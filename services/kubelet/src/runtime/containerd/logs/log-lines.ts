const LINE_FEED = 0x0a;
const SPACE = 0x20;
const PARTIAL = 0x50;
const NOTHING = Buffer.alloc(0);
const FRACTION_DIGITS = 9;

export interface LineOptions {
  readonly timestamps: boolean;
  /** Seconds since 1970, with a fraction: what was written before is left out. */
  readonly since?: number;
}

/**
 * What containers wrote, out of the files that the runtime keeps it in: a line of those is `time stream P|F text`, where P says
 * that the container's own line goes on in the next one (pkg/kubelet/kuberuntime/logs). With `timestamps` only the beginning of
 * a line of the container's has one.
 */
export class LogLines {
  #rest: Buffer = NOTHING;
  /** Streams whose last line goes on. */
  readonly #unfinished = new Set<string>();

  constructor(private readonly options: LineOptions) {}

  /** The next bytes of the files, which may part anywhere; answers what the container wrote. */
  outputOf(chunk: Buffer): Buffer {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const parts: Buffer[] = [];
    let from = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, from)) {
      this.#add(bytes.subarray(from, end + 1), parts);
      from = end + 1;
    }
    this.#rest = bytes.subarray(from);
    return Buffer.concat(parts);
  }

  #add(line: Buffer, parts: Buffer[]): void {
    const [stream, tag, text] = fieldsAt(line);
    // Not of the runtime's making: half a line after its machine has crashed.
    if (text < 0) return;
    const time = line.toString('latin1', 0, stream - 1);
    const { since, timestamps } = this.options;
    if (since !== undefined && !(Date.parse(time) >= Math.floor(since * 1_000))) return;
    const name = line.toString('latin1', stream, tag - 1);
    if (timestamps && !this.#unfinished.has(name)) parts.push(Buffer.from(`${withNanoseconds(time)} `));
    const goesOn = line[tag] === PARTIAL;
    parts.push(line.subarray(text, goesOn ? -1 : undefined));
    if (goesOn) this.#unfinished.add(name);
    else this.#unfinished.delete(name);
  }
}

/**
 * Where the last lines of a container's begin in the end of a file.
 * @param count how many are wanted
 * @param whole whether this is the file from its beginning; otherwise its first line may be but half of one
 * @returns the place in `end`, and how many lines are still wanted of what is before: none, unless all of `end` was taken
 */
export function lastLines(end: Buffer, count: number, whole: boolean): { from: number; missing: number } {
  let missing = count;
  let next = end.length;
  for (
    let at = end.lastIndexOf(LINE_FEED, next - 2);
    next > 0;
    at = next < 2 ? -1 : end.lastIndexOf(LINE_FEED, next - 2)
  ) {
    if (at < 0 && !whole) break;
    const start = at + 1;
    const [, tag] = fieldsAt(end.subarray(start, next));
    if (end[start + tag] !== PARTIAL && missing-- === 0) return { from: next, missing: 0 };
    next = start;
  }
  return { from: next, missing: Math.max(0, missing) };
}

/** Where the stream, the tag and the text of a line begin; -1 for what is not there. */
function fieldsAt(line: Buffer): [stream: number, tag: number, text: number] {
  const stream = line.indexOf(SPACE) + 1;
  const tag = stream === 0 ? 0 : line.indexOf(SPACE, stream) + 1;
  const text = tag === 0 ? 0 : line.indexOf(SPACE, tag) + 1;
  return [stream, tag, text === 0 ? -1 : text];
}

/** RFC 3339 with nine digits, as Kubernetes shows it: the runtime leaves out zeros at the end. */
function withNanoseconds(time: string): string {
  return time.replace(/(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/, (_whole, fraction: string | undefined, zone: string) => {
    return `.${(fraction ?? '').padEnd(FRACTION_DIGITS, '0')}${zone}`;
  });
}
