import { createHash } from 'node:crypto';
import { demultiplex } from './demultiplex';
import { identityOf, labelsOf } from '../labels';
import { pauseImage } from '../pause/pause-image';
import { PAUSE_PROGRAMS } from '../pause/pause-program';

describe('the pause program', () => {
  /** Of what an assembler has made, and what engines have run since the first release. */
  it.each([
    ['amd64', '44ad9209ecbe8d91587580c3248dbd40ca8573038af89e3b223833c5dfabc1b0'],
    ['arm64', 'b6e00cde1c8dadf9bbd362b3dab9787893080c535ed9572235b5b5a77b12c1a2'],
  ])('for %s is the one that its listing was read from', (architecture, digest) => {
    const program = PAUSE_PROGRAMS.get(architecture) ?? Buffer.alloc(0);
    expect(createHash('sha256').update(program).digest('hex')).toBe(digest);
  });
});

describe('the pause image', () => {
  it.each([
    ['x86_64', 'amd64'],
    ['aarch64', 'arm64'],
  ])('for %s has the same id wherever it is built', (kernelName, goName) => {
    expect(pauseImage(kernelName)).toEqual(pauseImage(goName));
    expect(pauseImage(kernelName).id).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('holds an executable of less than a kilobyte', () => {
    const { archive } = pauseImage('amd64');
    const start = archive.indexOf(Buffer.from('\x7fELF', 'latin1'));
    const size = parseInt(archive.subarray(start - 512 + 124, start - 512 + 135).toString(), 8);
    expect(start % 512).toBe(0);
    expect(size).toBeLessThan(1_000);
  });

  it('is refused for a machine that it has no program for', () => {
    expect(() => pauseImage('riscv64')).toThrow('no pause program for the architecture riscv64');
  });
});

describe('labels', () => {
  it('say all that a container is', () => {
    const identity = {
      pod: { uid: 'u', namespace: 'n', name: 'p' },
      name: 'c',
      role: 'app' as const,
      attempt: 3,
      backoffSeconds: 40,
      image: 'i',
    };
    expect(identityOf(labelsOf(identity, 'node-a'), 'node-a')).toEqual(identity);
    expect(identityOf(labelsOf(identity, 'node-a'), 'node-b')).toBeUndefined();
    expect(identityOf({}, 'node-a')).toBeUndefined();
  });

  it('of a sandbox are those that the first kubelets gave it, so that each knows the other’s', () => {
    const labels = {
      'io.kubernetes.pod.uid': 'u',
      'io.kubernetes.pod.namespace': 'n',
      'io.kubernetes.pod.name': 'p',
      'io.kubernetes.container.name': 'POD',
      'io.shiplog.node': 'node-a',
      'io.shiplog.role': 'infra',
      'io.shiplog.attempt': '1',
      'io.shiplog.backoff-seconds': '0',
      'io.shiplog.image': '',
    };
    const identity = identityOf(labels, 'node-a');
    expect(identity).toMatchObject({ name: 'POD', role: 'sandbox', attempt: 1 });
    expect(identity && labelsOf(identity, 'node-a')).toEqual(labels);
  });

  it('of a role that nobody knows are nobody’s', () => {
    const foreign = { 'io.kubernetes.pod.uid': 'u', 'io.kubernetes.container.name': 'c', 'io.shiplog.node': 'node-a' };
    expect(identityOf({ ...foreign, 'io.shiplog.role': 'sandbox' }, 'node-a')).toBeUndefined();
    expect(identityOf(foreign, 'node-a')).toBeUndefined();
  });
});

describe('demultiplexing', () => {
  const frame = (stream: number, text: string): Buffer => {
    const head = Buffer.alloc(8);
    head[0] = stream;
    head.writeUInt32BE(text.length, 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };

  it.each([1, 3, 7, 9, 1_000])('yields both outputs in order, with chunks of %i bytes', async (size) => {
    const whole = Buffer.concat([frame(1, 'out'), frame(2, 'err'), frame(1, ''), frame(1, 'more\n')]);
    const chunks: Buffer[] = [];
    for (let i = 0; i < whole.length; i += size) chunks.push(whole.subarray(i, i + size));
    let text = '';
    for await (const part of demultiplex(toAsync(chunks))) text += part.toString();
    expect(text).toBe('outerrmore\n');
  });

  it.each([1, 5, 11, 1_000])('keeps one timestamp a line, with chunks of %i bytes', async (size) => {
    const frames = ['T1 long', 'T1 long', 'T1 end\n', 'T2 next\n', '', 'T3 no end'].map((text) => frame(1, text));
    const whole = Buffer.concat(frames);
    const chunks: Buffer[] = [];
    for (let i = 0; i < whole.length; i += size) chunks.push(whole.subarray(i, i + size));
    let text = '';
    for await (const part of demultiplex(toAsync(chunks), true)) text += part.toString();
    expect(text).toBe('T1 longlongend\nT2 next\nT3 no end');
  });

  it('yields in one piece what came in one', async () => {
    const lines = Array.from({ length: 1_000 }, (_, i) => frame(1 + (i % 2), `${i}\n`));
    const parts: Buffer[] = [];
    for await (const part of demultiplex(toAsync([Buffer.concat(lines)]))) parts.push(part);
    expect(parts.map((part) => part.toString().split('\n').length)).toEqual([1_001]);
  });
});

async function* toAsync<T>(items: readonly T[]): AsyncIterable<T> {
  for (const item of items) yield await Promise.resolve(item);
}
