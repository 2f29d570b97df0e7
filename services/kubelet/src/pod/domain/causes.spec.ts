import type { Fact, LogEvent } from '@shiplog/contracts';
import { afterEvent, causesAt } from './causes';

const event = (position: number, fact: Fact, facts?: Record<string, unknown>) =>
  ({ fact, position, data: { facts } }) as unknown as LogEvent;

describe('the causes of what a kubelet reports', () => {
  it('are the binding, then what became of each container, then that the pod is to go', () => {
    const events = [
      event(5, 'Scheduled'),
      event(6, 'MetadataChanged'),
      event(7, 'ContainerStarted', { container: 'web' }),
      event(8, 'ContainerStarted', { container: 'log' }),
      event(9, 'ContainerExited', { container: 'web' }),
      event(10, 'Unready'),
      event(11, 'ContainerWaiting', { container: 'web' }),
    ];
    const causes = events.reduce(afterEvent, causesAt(4));
    expect(causes).toEqual({ pod: 5, containers: { web: 9, log: 8 } });
    expect(afterEvent(causes, event(12, 'DeletionRequested')).pod).toBe(12);
  });

  it('are what the log told last of a pod that was there before', () => {
    expect(causesAt(42)).toEqual({ pod: 42, containers: {} });
  });
});
