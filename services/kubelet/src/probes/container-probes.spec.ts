import { container } from '../testing/builders';
import { FakeRuntime } from '../runtime/testing/fake-runtime';
import { ContainerProbes } from './container-probes';

const exec = (command: string, more: object = {}) => ({
  exec: { command: [command] },
  periodSeconds: 1,
  failureThreshold: 2,
  ...more,
});

describe('probing a container', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const setUp = (fields: Parameters<typeof container>[0], before = { started: false, ready: false }) => {
    const runtime = new FakeRuntime();
    let answer = 0;
    runtime.exec = (_id, command) => {
      runtime.calls.push(command.join(' '));
      return Promise.resolve({ exitCode: answer, output: 'said so', timedOut: false });
    };
    const failures: string[] = [];
    const probes = new ContainerProbes({
      target: { runtime, container: container(fields), containerId: 'c', podIP: '127.0.0.1' },
      startedAt: Date.now(),
      before,
      now: Date.now,
      changed: () => undefined,
      said: (_, message) => failures.push(message),
    });
    const tick = (seconds: number) => jest.advanceTimersByTimeAsync(seconds * 1_000);
    return { probes, runtime, failures, tick, answer: (code: number) => (answer = code) };
  };

  it('is ready once the readiness probe has passed, and not any more after its failures', async () => {
    const { probes, failures, tick, answer } = setUp({ readinessProbe: exec('r', { initialDelaySeconds: 2 }) });
    await tick(1);
    expect(probes.verdict).toEqual({ started: true, ready: false });
    await tick(1);
    expect(probes.verdict.ready).toBe(true);
    answer(1);
    await tick(1);
    expect(probes.verdict.ready).toBe(true);
    await tick(1);
    expect(probes.verdict.ready).toBe(false);
    expect(failures[0]).toBe('Readiness probe failed: said so');
    probes.stop();
  });

  it('gives a container up when it is not alive, and asks no more', async () => {
    const { probes, runtime, tick, answer } = setUp({ livenessProbe: exec('l', { terminationGracePeriodSeconds: 3 }) });
    answer(1);
    await tick(1);
    expect(probes.verdict).toEqual({
      started: true,
      ready: true,
      unhealthy: 'Container main failed liveness probe, will be restarted',
      graceSeconds: 3,
    });
    const asked = runtime.calls.length;
    await tick(5);
    expect(runtime.calls).toHaveLength(asked);
  });

  it('keeps the others waiting until the startup probe has passed', async () => {
    const { probes, runtime, tick, answer } = setUp({
      startupProbe: exec('s', { failureThreshold: 9 }),
      livenessProbe: exec('l'),
    });
    answer(1);
    await tick(2);
    expect(new Set(runtime.calls)).toEqual(new Set(['s']));
    expect(probes.verdict).toEqual({ started: false, ready: false });
    answer(0);
    await tick(2);
    expect(runtime.calls.at(-1)).toBe('l');
    expect(probes.verdict).toEqual({ started: true, ready: true });
    probes.stop();
  });

  it('asks a container that is to end only whether it is ready', async () => {
    const { probes, runtime, tick, answer } = setUp({ readinessProbe: exec('r'), livenessProbe: exec('l') });
    await tick(1);
    expect(probes.verdict.ready).toBe(true);
    probes.stopBut('Readiness');
    answer(1);
    const asked = runtime.calls.length;
    await tick(3);
    expect(probes.verdict).toEqual({ started: true, ready: false });
    expect(new Set(runtime.calls.slice(asked))).toEqual(new Set(['r']));
    probes.stop();
  });

  it('takes the word of the log for a container that was there before the kubelet', () => {
    const both = { startupProbe: exec('s'), readinessProbe: exec('r') };
    const { probes } = setUp(both, { started: true, ready: true });
    expect(probes.verdict).toEqual({ started: true, ready: true });
    probes.stop();
  });
});
