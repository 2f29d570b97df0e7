import { RuntimeError } from '../runtime';
import { onceHeard } from './once-heard';

/** Refuses so many times. */
function refusing(message: string, times: number): jest.Mock<Promise<void>> {
  const action = jest.fn(() => Promise.resolve());
  for (let left = times; left > 0; left--) action.mockRejectedValueOnce(new RuntimeError('refused', message));
  return action;
}

describe('the end of a container that has just ended by itself', () => {
  it.each(['container is still running, to stop first', 'failed to kill container "c": ttrpc: closed: unknown'])(
    'is asked again while the answer is: %s',
    async (message) => {
      const action = refusing(message, 2);
      await onceHeard(action);
      expect(action).toHaveBeenCalledTimes(3);
    },
  );

  it('is not asked again for any other reason', async () => {
    const action = refusing('permission denied', 1);
    await expect(onceHeard(action)).rejects.toThrow('permission denied');
    expect(action).toHaveBeenCalledTimes(1);
  });

  it('is done when it is not there any more', async () => {
    await onceHeard(() => Promise.reject(new RuntimeError('not-found', 'no such container')));
  });

  it('is not asked for ever', async () => {
    jest.useFakeTimers();
    const end = onceHeard(refusing('ttrpc: closed: unknown', 1_000)).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(1_100);
    expect(await end).toBeInstanceOf(RuntimeError);
    jest.useRealTimers();
  });
});
