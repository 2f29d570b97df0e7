import { PLAIN_CONTAINER } from '../testing/plain-container';
import { runtimeFeatures } from '../testing/runtime-features';
import type { ContainerSpec, RuntimeEvent } from '../runtime';
import type { Clock } from './clock';
import { readRows } from './domain/lifecycle';
import { HollowRuntime, type HollowOptions } from './hollow-runtime';

const suite = new HollowRuntime();
runtimeFeatures('the hollow runtime', () => ({
  runtime: suite,
  imageId: 'sha256:suite',
  endWith3: async (id) => {
    suite.write(id, 'hello from suite\n');
    suite.end(id, 3);
    await Promise.resolve();
  },
  memoryVolumes: () => Promise.resolve([...suite.volumes].map(([name, volume]) => ({ name, ...volume }))),
}));

/** Time that a spec moves. */
class VirtualTime implements Clock {
  #now = Date.parse('2026-01-01T00:00:00Z');
  #timers: { readonly at: number; readonly work: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, work: () => void): () => void {
    const timer = { at: this.#now + milliseconds, work };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((item) => item !== timer));
  }

  async pass(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    const due = this.#timers.filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    for (const timer of due) {
      this.#timers = this.#timers.filter((item) => item !== timer);
      timer.work();
    }
    await settled();
  }
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
};

const POD = { uid: 'uid-1', namespace: 'default', name: 'one' };

class Given {
  readonly time = new VirtualTime();
  readonly events: RuntimeEvent[] = [];
  readonly runtime: HollowRuntime;

  constructor(options: HollowOptions = {}) {
    this.runtime = new HollowRuntime({ clock: this.time, random: () => 0.5, ...options });
    this.runtime.watch((event) => this.events.push(event));
  }

  create(fields: Partial<ContainerSpec> & { image?: string } = {}): Promise<string> {
    const { image = 'app:1', ...rest } = fields;
    const identity = { pod: POD, name: 'main', role: 'app', attempt: 0, backoffSeconds: 0, image } as const;
    return this.runtime.createContainer({
      ...PLAIN_CONTAINER,
      identity,
      sandboxId: 'sandbox',
      imageId: 'sha256:app',
      ...rest,
    });
  }

  async started(fields: Parameters<Given['create']>[0]): Promise<string> {
    const id = await this.create(fields);
    await this.runtime.start(id);
    return id;
  }

  async state(id: string): Promise<unknown> {
    return (await this.runtime.inspect(id))?.state;
  }

  async log(id: string, options: object = {}): Promise<string> {
    const parts: Uint8Array[] = [];
    for await (const part of this.runtime.logs(id, { follow: false, timestamps: false, ...options })) parts.push(part);
    return Buffer.concat(parts).toString();
  }
}

const lives = (lifecycle: object): Partial<ContainerSpec> => ({
  env: ['A=b', `HOLLOW_LIFECYCLE=${JSON.stringify(lifecycle)}`],
});

describe('a container of the hollow runtime', () => {
  it('runs until it is told to end, unless something is said of it', async () => {
    const given = new Given();
    const id = await given.started({ entrypoint: ['server'] });
    await given.time.pass(24 * 3_600_000);
    expect(await given.state(id)).toMatchObject({ phase: 'running' });
  });

  it('ends by itself as it says, and that is told once', async () => {
    const given = new Given();
    const id = await given.started(lives({ run: '10s..20s', exitCode: 7, oomKilled: true }));
    await given.time.pass(14_999);
    expect(await given.state(id)).toMatchObject({ phase: 'running' });
    await given.time.pass(1);
    expect(await given.state(id)).toMatchObject({ phase: 'exited', exitCode: 7, oomKilled: true });
    expect(given.events.filter((event) => event.type === 'container' && event.change === 'ended')).toHaveLength(1);
  });

  it('lives as its image’s row says, and what it says itself comes before that', async () => {
    const rows = readRows([{ image: 'crash*', run: '1s', exitCode: 1, log: ['going down'] }]);
    const given = new Given({ rows });
    const [crashing, other] = [
      await given.started({ image: 'crash:2' }),
      await given.started({ image: 'crash:2', ...lives({ exitCode: 4 }) }),
    ];
    await given.time.pass(1_000);
    expect(await given.state(crashing)).toMatchObject({ exitCode: 1 });
    expect(await given.state(other)).toMatchObject({ exitCode: 4 });
    expect(await given.log(crashing)).toBe('going down\n');
  });

  it('does what a command says that everybody knows', async () => {
    const given = new Given();
    const id = await given.started({ entrypoint: ['sh', '-c'], args: ['echo hello; sleep 2; exit 3'] });
    await given.time.pass(2_000);
    expect(await given.state(id)).toMatchObject({ phase: 'exited', exitCode: 3 });
    expect(await given.log(id)).toBe('hello\n');
  });

  it('is refused where what it says of itself can’t be', async () => {
    const given = new Given();
    await expect(given.create(lives({ run: 'soon' }))).rejects.toThrow('HOLLOW_LIFECYCLE: run must be a time');
    await expect(given.create({ env: ['HOLLOW_LIFECYCLE=no JSON'] })).rejects.toThrow('HOLLOW_LIFECYCLE: ');
  });

  it('takes its time to start, and does not start where it says so', async () => {
    const given = new Given();
    const id = await given.create(lives({ start: '3s' }));
    const starting = given.runtime.start(id);
    await settled();
    expect(await given.state(id)).toEqual({ phase: 'created' });
    await given.time.pass(3_000);
    await starting;
    expect(await given.state(id)).toMatchObject({ phase: 'running' });
    await expect(given.started(lives({ startError: 'no such file' }))).rejects.toThrow('no such file');
  });

  it('is found well by probes after its time, and alive at once', async () => {
    const given = new Given();
    const id = await given.started(lives({ ready: '5s' }));
    expect(await given.runtime.probe(id, 'Readiness')).toMatchObject({ ok: false });
    expect(await given.runtime.probe(id, 'Liveness')).toEqual({ ok: true, output: '' });
    await given.time.pass(5_000);
    expect(await given.runtime.probe(id, 'Readiness')).toEqual({ ok: true, output: '' });
  });

  it('takes its time to end, and is killed when that is longer than its grace', async () => {
    const given = new Given();
    const [quick, slow] = [await given.started(lives({ stop: '2s' })), await given.started(lives({ stop: '1m' }))];
    const stopping = Promise.all([given.runtime.stop(quick, 10), given.runtime.stop(slow, 10)]);
    await settled();
    await given.time.pass(2_000);
    expect(await given.state(quick)).toMatchObject({ phase: 'exited', exitCode: 143 });
    expect(await given.state(slow)).toMatchObject({ phase: 'running' });
    await given.time.pass(8_000);
    await stopping;
    expect(await given.state(slow)).toMatchObject({ phase: 'exited', exitCode: 137 });
  });

  it('shows the end of its log, with times, and follows it until it ends', async () => {
    const given = new Given();
    const id = await given.started(lives({ run: '1s', log: ['one', 'two'] }));
    expect(await given.log(id, { tailLines: 1, timestamps: true })).toBe('2026-01-01T00:00:00.000Z two\n');
    const followed = given.log(id, { follow: true });
    await settled();
    await given.time.pass(1_000);
    expect(await followed).toBe('one\ntwo\n');
  });
});

describe('an image of the hollow runtime', () => {
  const pull = (given: Given, image: string) => given.runtime.pull(image, undefined, new AbortController().signal);

  it('comes when its time is over, or never', async () => {
    const rows = readRows([
      { image: 'slow', pull: '1m' },
      { image: '*/secret:*', pullError: 'pull access denied' },
    ]);
    const given = new Given({ rows });
    const pulling = pull(given, 'slow');
    await settled();
    expect(await given.runtime.image('slow')).toBeUndefined();
    await given.time.pass(60_000);
    await pulling;
    expect(await given.runtime.image('slow')).toMatchObject({ id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    await expect(pull(given, 'a/secret:1')).rejects.toThrow('pull access denied');
  });

  it('is no longer waited for by who has left', async () => {
    const given = new Given({ rows: readRows([{ image: 'slow', pull: '1m' }]) });
    const left = new AbortController();
    const pulling = given.runtime.pull('slow', undefined, left.signal);
    await settled();
    left.abort(new Error('left'));
    await expect(pulling).rejects.toThrow('left');
  });
});
