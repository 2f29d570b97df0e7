import type { ContainerStatus } from '@shiplog/contracts';
import { decideLogSource } from './log-source';

const status = (fields: Partial<ContainerStatus>) => ({
  containerStatuses: [{ name: 'main', image: '', imageID: '', ready: false, restartCount: 0, ...fields }],
});
const ended = (id?: string) => ({
  terminated: { exitCode: 1, ...(id === undefined ? {} : { containerID: `docker://${id}` }) },
});
const choose = (fields: Partial<ContainerStatus>, previous = false) =>
  decideLogSource('web', status(fields), 'main', previous);

describe('which log is meant', () => {
  it('is the running container’s', () => {
    expect(choose({ state: { running: {} }, containerID: 'docker://a' })).toEqual({ ok: true, containerId: 'a' });
  });

  it('is the dead one’s when nothing runs, also while it waits for its restart', () => {
    expect(choose({ state: ended('a') })).toEqual({ ok: true, containerId: 'a' });
    expect(choose({ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: ended('b') })).toEqual({
      ok: true,
      containerId: 'b',
    });
  });

  it('is the life before for `previous`', () => {
    expect(choose({ state: { running: {} }, lastState: ended('b') }, true)).toEqual({ ok: true, containerId: 'b' });
  });

  it.each([
    [
      { state: { waiting: { reason: 'ContainerCreating' } } },
      false,
      'container "main" in pod "web" is waiting to start: ContainerCreating',
    ],
    [
      { state: { waiting: { reason: 'ErrImagePull' } } },
      false,
      'container "main" in pod "web" is waiting to start: image can\'t be pulled',
    ],
    [{}, false, 'container "main" in pod "web" is waiting to start - no logs yet'],
    [{ state: { running: {} } }, true, 'previous terminated container "main" in pod "web" not found'],
    [{ state: ended() }, false, 'container "main" in pod "web" is terminated'],
  ])('of %j with previous %s is refused: %s', (fields, previous, message) => {
    expect(choose(fields, previous)).toEqual({ ok: false, message });
  });

  it('is none of a container that the pod doesn’t have', () => {
    expect(decideLogSource('web', {}, 'x', false)).toEqual({
      ok: false,
      message: 'container "x" in pod "web" is not available',
    });
  });
});
