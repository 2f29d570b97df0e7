import type { ContainerStatus } from '../protocol/cri';
import { labelsOf } from '../../labels';
import { containerSpec } from '../testing/specs';
import { observedContainer, observedSandbox } from './observed';
import { renderTraits } from './traits';

const spec = containerSpec({ sandboxId: 'box', imageId: 'sha256:1' });
const AT = (seconds: number): number => (Date.parse('2026-01-01T00:00:00Z') / 1_000 + seconds) * 1e9;
const status = (fields: Partial<ContainerStatus>): ContainerStatus => ({
  id: 'c1',
  state: 1,
  createdAt: AT(0),
  startedAt: AT(1),
  finishedAt: 0,
  exitCode: 0,
  reason: '',
  message: '',
  labels: labelsOf(spec.identity, 'node-a'),
  annotations: renderTraits(spec),
  logPath: '',
  ...fields,
});
const seen = (fields: Partial<ContainerStatus>, node = 'node-a') => observedContainer(status(fields), node)?.state;
const ended = { phase: 'exited', startedAt: '2026-01-01T00:00:01.000Z', finishedAt: '2026-01-01T00:00:09.000Z' };

describe('a container, as the runtime shows it', () => {
  it('is whose it was made as, of its own image', () => {
    expect(observedContainer(status({}), 'node-a')).toMatchObject({ ...spec.identity, id: 'c1', imageId: 'sha256:1' });
    expect(seen({}, 'node-b')).toBeUndefined();
  });

  it.each<[string, Partial<ContainerStatus>, object]>([
    ['was made', { state: 0, startedAt: 0 }, { phase: 'created' }],
    ['runs', {}, { phase: 'running', startedAt: '2026-01-01T00:00:01.000Z' }],
    ['ended', { state: 2, finishedAt: AT(9), exitCode: 3, reason: 'Error' }, { ...ended, exitCode: 3, error: '' }],
    ['was killed for its memory', { state: 2, finishedAt: AT(9), reason: 'OOMKilled' }, { ...ended, oomKilled: true }],
    ['could not be started', { state: 2, startedAt: 0, reason: 'StartError', message: 'no' }, { error: 'no' }],
    ['was lost sight of', { state: 3 }, { phase: 'exited', exitCode: 255 }],
  ])('%s', (_what, fields, expected) => {
    expect(seen(fields)).toMatchObject(expected);
  });

  it('may be a sandbox: it runs as long as the runtime finds it ready', () => {
    const listed = { id: 's1', labels: labelsOf(spec.identity, 'node-a'), state: 0, createdAt: AT(0) };
    expect(observedSandbox(listed, 'node-a', 7)?.state).toMatchObject({ phase: 'running', pid: 7 });
    expect(observedSandbox({ ...listed, state: 1 }, 'node-a', undefined)?.state).toMatchObject({ phase: 'exited' });
  });
});
