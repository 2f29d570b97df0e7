import { observed, pod } from '../../testing/builders';
import { disposable } from './disposable';

describe('containers that are kept for their logs alone', () => {
  const ended = { phase: 'exited', exitCode: 1, error: '', oomKilled: false, startedAt: '', finishedAt: '' } as const;
  const containers = [
    observed({ id: 'sandbox', role: 'sandbox', name: 'POD', state: ended }),
    observed({ id: 'first', name: 'a', attempt: 0, state: ended }),
    observed({ id: 'last', name: 'a', attempt: 1, state: ended }),
    observed({ id: 'runs', name: 'b', attempt: 0 }),
  ];
  const ids = (phase: string) => disposable(pod({}, { phase }), containers).map(({ id }) => id);

  it('are the earlier attempts, and all of a pod that is over', () => {
    expect(ids('Running')).toEqual(['first']);
    expect(ids('Failed')).toEqual(['first', 'last']);
  });
});
