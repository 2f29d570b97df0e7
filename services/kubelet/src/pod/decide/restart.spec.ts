import { exited, NOW, observed } from '../../testing/builders';
import { doubled, restartOf } from './restart';

describe('the back-off of a container that keeps ending', () => {
  it('is none, then 10 s, doubling up to 5 min', () => {
    const waits = [0];
    for (let i = 0; i < 7; i++) waits.push(doubled(waits.at(-1) ?? 0));
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  });

  it('counts from the end of the container', () => {
    const dead = observed({ backoffSeconds: 40, state: exited(1, { to: -10 }) });
    expect(restartOf(dead)).toEqual({ dueAt: NOW + 30_000, waitSeconds: 40, nextBackoffSeconds: 80 });
  });

  it('is forgotten after ten minutes of life', () => {
    const dead = observed({ backoffSeconds: 300, state: exited(1, { from: -700, to: -100 }) });
    expect(restartOf(dead)).toEqual({ dueAt: NOW - 100_000, waitSeconds: 0, nextBackoffSeconds: 10 });
  });
});
