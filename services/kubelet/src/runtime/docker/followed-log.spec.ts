import { RuntimeError, type RuntimeProblem } from '../runtime';
import { Frames } from './demultiplex';
import { followLog, type LogFiles } from './followed-log';

function frame(text: string, output = 1): Buffer {
  const head = Buffer.alloc(8);
  head[0] = output;
  head.writeUInt32BE(text.length, 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** A log of which the engine gives one part after the other, and ends the stream after each. */
function given(...parts: string[][]): { files: LogFiles; opened: unknown[] } {
  const opened: unknown[] = [];
  const left = [...parts];
  const files = {
    open: (since: number | undefined, follow: boolean) => {
      opened.push([since, follow]);
      const chunks = (left.shift() ?? []).map((text) => frame(text));
      return Promise.resolve(
        (async function* () {
          yield* await Promise.resolve(chunks);
        })(),
      );
    },
    state: () =>
      Promise.resolve(left.length > 1 ? 'written' : left.length === 1 ? 'ended' : 'gone') as ReturnType<
        LogFiles['state']
      >,
  };
  return { files, opened };
}

async function read(files: LogFiles, timestamps: boolean): Promise<string> {
  let text = '';
  for await (const part of followLog(files, timestamps)) text += part.toString();
  return text;
}

describe('a log that is followed', () => {
  const first = ['2026-01-01T00:00:00.500000000Z a\n', '2026-01-01T00:00:01.999999999Z b\n'];
  const second = ['2026-01-01T00:00:02.000000001Z c\n'];

  it('is read on where a stream ended before it should, and to its very end', async () => {
    const { files, opened } = given(first, [], [...first, ...second]);
    expect(await read(files, false)).toBe('a\nb\nc\n');
    expect(opened).toEqual([
      [undefined, true],
      [1767225600, true],
      [1767225600, false],
    ]);
  });

  it('has nothing twice that the engine sends again, and all parts of long lines', async () => {
    const long = ['2026-01-01T00:00:03.000000000Z lo', '2026-01-01T00:00:03.000000000Z ng\n'];
    const sent = [...first, ...first.slice(1), ...first, ...second, ...long, ...second, ...long, ...first];
    const { files } = given(sent, [...long]);
    expect(await read(files, false)).toBe('a\nb\nc\nlong\n');
  });

  it('has the lines of both outputs, though one may overtake the other', async () => {
    const until = { stdout: '', stderr: '' };
    const frames = new Frames('hidden', until);
    const [a = '', b = ''] = first;
    expect(
      frames.outputOf(Buffer.concat([frame(b), frame(a, 2), frame(a), frame(second[0] ?? '', 2)])).toString(),
    ).toBe('b\na\nc\n');
    expect(until).toEqual({ stdout: b.split(' ')[0], stderr: second[0]?.split(' ')[0] });
  });

  it('is over for who has left, and when its container is gone', async () => {
    const gone = given(first);
    expect(await read(gone.files, false)).toBe('a\nb\n');
    expect(gone.opened).toHaveLength(1);
    const left = given(first, [], second);
    const leaving = new AbortController();
    for await (const part of followLog(left.files, false, leaving.signal)) if (part.length > 0) leaving.abort();
    expect(left.opened).toHaveLength(1);
  });

  it.each<[RuntimeProblem, boolean]>([
    ['conflict', true],
    ['not-found', true],
    ['unavailable', false],
  ])('is over when its container is just being removed, and not when the engine fails: %s', async (problem, isOver) => {
    const fails = (count: number): LogFiles => {
      const { files } = given(first, second);
      let opened = 0;
      const open: LogFiles['open'] = (since, follow) =>
        ++opened > count ? Promise.resolve(failing(new RuntimeError(problem, 'why'))) : files.open(since, follow);
      return { open, state: () => Promise.resolve(opened > count ? 'gone' : 'written') };
    };
    if (isOver) await expect(read(fails(1), false)).resolves.toBe('a\nb\n');
    else await expect(read(fails(1), false)).rejects.toThrow('why');
    // Nothing was read: who asks is told.
    await expect(read(fails(0), false)).rejects.toThrow('why');
  });

  it('shows timestamps if they are asked for', async () => {
    const { files } = given(first, second);
    expect(await read(files, true)).toBe([...first, ...second].join(''));
  });
});

async function* failing(error: Error): AsyncGenerator<Buffer> {
  throw error;
}
