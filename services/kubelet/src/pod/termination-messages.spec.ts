import { pino } from 'pino';
import { FakeRuntime } from '../runtime/testing/fake-runtime';
import { container, exited, observed, pod, sandbox, view } from '../testing/builders';
import type { PodFiles } from '../volumes/pod-files';
import { TerminationMessages } from './termination-messages';

/** The messages of a pod whose containers have written what the spec says into their files. */
function given(written: Readonly<Record<string, string | Error>> = {}) {
  const runtime = new FakeRuntime();
  const reads: string[] = [];
  const readMessage = (name: string, attempt: number): Promise<string> => {
    reads.push(`${name}-${attempt}`);
    const found = written[`${name}-${attempt}`] ?? '';
    return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
  };
  let changes = 0;
  const files = { readMessage } as unknown as PodFiles;
  const messages = new TerminationMessages(runtime, files, pino({ level: 'silent' }), () => changes++);
  /** Reads, and waits until all is read. */
  const read = async (...args: Parameters<TerminationMessages['read']>) => {
    messages.read(...args);
    while (messages.reading) await new Promise((resolve) => setImmediate(resolve));
    return Object.fromEntries(messages.known);
  };
  return { runtime, messages, read, reads, changes: () => changes };
}

const dead = (exitCode: number, attempt = 0) => observed({ attempt, state: exited(exitCode) });
const fallback = pod({ containers: [container({ terminationMessagePolicy: 'FallbackToLogsOnError' })] });

describe('termination messages', () => {
  it('are read once of each container that has ended, and awaited meanwhile', async () => {
    const { messages, read, reads, changes } = given({ 'main-0': 'out of luck' });
    const ended = view({ containers: [sandbox(exited(0)), dead(1), observed({ attempt: 1 })] });
    messages.read(ended);
    expect(messages.reading).toBe(true);
    expect(await read(ended)).toEqual({ 'main-0': 'out of luck' });
    expect([reads, changes()]).toEqual([['main-0'], 1]);
    expect(await read(view({ containers: [dead(1), dead(1, 1)] }))).toEqual({ 'main-0': 'out of luck', 'main-1': '' });
    expect(reads).toEqual(['main-0', 'main-1']);
  });

  it('are the end of the log where the pod asks for that, of a failure that left none', async () => {
    const { runtime, read } = given({ 'main-2': 'its own' });
    for (const id of ['main-0', 'main-1', 'main-2']) {
      runtime.containers.set(id, observed({ id }));
      runtime.write(id, `${'x'.repeat(3_000)}\nlast\n`);
    }
    const found = await read(view({ pod: fallback, containers: [dead(1), dead(0, 1), dead(1, 2)] }));
    expect(found['main-0']).toHaveLength(2_048);
    expect(found['main-0']).toMatch(/x\nlast\n$/);
    expect(found).toMatchObject({ 'main-1': '', 'main-2': 'its own' });
    expect(await given().read(view({ containers: [dead(1)] }))).toEqual({ 'main-0': '' });
  });

  it('hold nothing up that can not be read', async () => {
    const { read, reads, changes } = given({ 'main-0': new Error('EIO') });
    expect(await read(view({ containers: [dead(1)] }))).toEqual({});
    expect(await read(view({ containers: [dead(1)] }))).toEqual({});
    expect([reads, changes()]).toEqual([['main-0'], 1]);
  });
});
