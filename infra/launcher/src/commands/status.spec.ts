import { headline } from './status';

describe('the first line of status', () => {
  const pid = 12;

  it('says ready only while nothing is missing', () => {
    expect(headline({ phase: 'ready', pid }, [])).toBe('ready; launcher is process 12');
    expect(headline({ phase: 'ready', pid }, ['missing: bridge shiplog0'])).toBe(
      'not ready; launcher is process 12\n  ! missing: bridge shiplog0',
    );
  });

  it('says not ready while what vanished is being made again', () => {
    expect(headline({ phase: 'repairing', pid }, [])).toMatch(/^not ready; .*\n {2}! .* being made again$/);
  });

  it('says when a cluster starts, and when there is no launcher', () => {
    expect(headline({ phase: 'starting', pid }, [])).toBe('starting; launcher is process 12');
    expect(headline(undefined, [])).toContain('No launcher runs');
  });
});
