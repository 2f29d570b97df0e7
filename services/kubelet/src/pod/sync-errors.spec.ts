import { ContainerConfigError, StartFailure } from '../container/start-failure';
import { NOW } from '../testing/builders';
import { VolumeFailure } from '../volumes/set-up-failure';
import { SyncErrors } from './sync-errors';

const pull = (message = 'no such image') => new StartFailure('ErrImagePull', message, 'pull', 'app:1');

describe('why a pod does not go on', () => {
  beforeEach(() => jest.useFakeTimers({ now: NOW }));
  afterEach(() => jest.useRealTimers());

  it('is tried again later each time for what fails as a whole, up to ten seconds', () => {
    const errors = new SyncErrors();
    const waits = Array.from({ length: 6 }, () => {
      errors.ofPod(new Error('no address is free'));
      return (errors.all.get('')?.retryAt ?? 0) - NOW;
    });
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000]);
    errors.podStarted();
    errors.ofPod(new Error('no address is free'));
    expect(errors.all.get('')).toMatchObject({ reason: 'ContainerCreating', retryAt: NOW + 500 });
  });

  it('is news once, until it is another reason', () => {
    const errors = new SyncErrors();
    const isNew = (message: string) => errors.ofPod(new ContainerConfigError(message)).isNew;
    expect(['no secret', 'no secret', 'no configmap', 'no configmap'].map(isNew)).toEqual([true, false, true, false]);
    errors.podStarted();
    expect(isNew('no configmap')).toBe(true);
  });

  it('is tried again at the next sync for a wrong configuration, with the reason that it gives', () => {
    const errors = new SyncErrors();
    const { outcome } = errors.ofPod(new ContainerConfigError('no such profile'));
    expect(outcome).toEqual({ kind: 'again', afterMs: 10_000 });
    expect(errors.all.get('')).toMatchObject({ reason: 'CreateContainerConfigError', retryAt: NOW + 10_000 });
  });

  it('is told of a volume at each attempt, once for all containers, with a wait as of Kubernetes', () => {
    const errors = new SyncErrors();
    const attempt = () => {
      const error = new VolumeFailure('no such configmap');
      const [first, second] = [errors.ofPod(error), errors.ofPod(error)];
      expect([first.isNew, second.isNew, second.outcome]).toEqual([true, false, first.outcome]);
      errors.podStarted();
      return (errors.all.get('')?.retryAt ?? 0) - NOW;
    };
    const waits = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 122_000, 122_000];
    expect(waits.map(attempt)).toEqual(waits);
    errors.hurry();
    expect(errors.all.size).toBe(0);
    errors.containerStarted('main');
    expect(attempt()).toBe(500);
  });

  it('holds nothing up that can go on without', () => {
    const errors = new SyncErrors();
    expect(errors.besides(new Error('network is not ready'))).toEqual({ outcome: { kind: 'again' }, isNew: true });
    expect(errors.all.get('')?.retryAt).toBe(0);
    expect(errors.besides(new Error('network is not ready')).isNew).toBe(false);
  });

  it('waits for an image longer each time, as Kubernetes does, each container for itself', () => {
    const errors = new SyncErrors();
    const seconds = (name: string) => {
      const outcome = errors.ofContainer(name, pull());
      return outcome.kind === 'again' ? (outcome.afterMs ?? 0) / 1_000 : undefined;
    };
    expect(Array.from({ length: 7 }, () => seconds('main'))).toEqual([10, 20, 40, 80, 160, 300, 300]);
    expect(seconds('side')).toBe(10);
    errors.containerStarted('main');
    expect(errors.all.has('main')).toBe(false);
    expect(seconds('main')).toBe(10);
  });

  it('does not hold up the restart of what a failed hook has ended', () => {
    const errors = new SyncErrors();
    const failure = new StartFailure('PostStartHookError', 'Exec lifecycle hook failed', 'ended');
    expect(errors.ofContainer('main', failure)).toEqual({ kind: 'done' });
    expect(errors.all.get('main')).toMatchObject({ reason: 'PostStartHookError', retryAt: NOW });
  });

  it('is called ErrImagePull at first, and ImagePullBackOff once that could be seen', () => {
    const errors = new SyncErrors();
    errors.ofContainer('main', pull());
    expect(errors.all.get('main')).toEqual({
      reason: 'ErrImagePull',
      message: 'no such image',
      retryAt: NOW + 10_000,
      later: {
        at: NOW + 2_000,
        reason: 'ImagePullBackOff',
        message: 'Back-off pulling image "app:1": ErrImagePull: no such image',
      },
    });
    errors.ofContainer('main', new StartFailure('InvalidImageName', 'invalid reference format', 'pull', 'App:1'));
    expect(errors.all.get('main')?.later).toBeUndefined();
  });

  it('is hurried where it would be tried soon anyway, but no registry is pressed', () => {
    const errors = new SyncErrors();
    errors.ofPod(new Error('no network'));
    errors.ofContainer('config', new StartFailure('CreateContainerConfigError', 'no secret', 'config'));
    for (let i = 0; i < 2; i++) errors.ofContainer('image', pull());
    errors.hurry();
    expect([...errors.all.keys()]).toEqual(['image']);
  });
});
