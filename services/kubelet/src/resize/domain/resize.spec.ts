import type { Container, ResourceRequirements } from '@shiplog/contracts';
import { container, pod } from '../../testing/builders';
import { isAsAsked, reportedBy, withAllocation } from './allocation';
import { resizeOf } from './resize';

const policy = (memory: string): Partial<Container> => ({
  resizePolicy: [
    { resourceName: 'cpu', restartPolicy: 'NotRequired' },
    { resourceName: 'memory', restartPolicy: memory },
  ],
});
const amounts = (cpu: string, memory: string): ResourceRequirements => ({
  requests: { cpu, memory },
  limits: { cpu, memory },
});

describe('the resize of a container', () => {
  it.each([
    [amounts('1', '64Mi'), 'none'],
    [amounts('2', '64Mi'), 'in-place'],
    [amounts('1', '128Mi'), 'restart'],
    [{ ...amounts('1', '64Mi'), requests: { cpu: '1', memory: '32Mi' } }, 'in-place'],
    [undefined, 'none'],
  ])('that has %j is: %s', (given, expected) => {
    const wants = container({ resources: amounts('1', '64Mi'), ...policy('RestartContainer') });
    expect(resizeOf(wants, given)).toBe(expected);
  });

  it('restarts nothing unless the container says so', () => {
    const wants = container({ resources: amounts('1', '64Mi'), ...policy('NotRequired') });
    expect(resizeOf(wants, amounts('2', '128Mi'))).toBe('in-place');
  });
});

describe('what a pod was given', () => {
  const asks = pod({ containers: [container({ resources: amounts('2', '64Mi') }), container({ name: 'other' })] });

  it('is as an earlier kubelet has reported it', () => {
    const status = {
      name: 'main',
      image: '',
      imageID: '',
      ready: true,
      restartCount: 0,
      resources: amounts('1', '64Mi'),
    };
    const reported = reportedBy({ ...asks, status: { containerStatuses: [status] } });
    expect(isAsAsked(asks, reported)).toBe(false);
    expect(withAllocation(asks, reported).spec?.containers).toEqual([
      container({ resources: amounts('1', '64Mi') }),
      container({ name: 'other' }),
    ]);
  });

  it('is the pod itself where it has what it asks for', () => {
    expect(withAllocation(asks, reportedBy(asks))).toBe(asks);
    expect(isAsAsked(asks, reportedBy(asks))).toBe(true);
  });
});
