import type { ContainerStatus, Pod } from '@shiplog/contracts';
import { containerOf } from './log-options';

function pod(names: string[], init: string[] = [], state: Partial<ContainerStatus> = { state: { running: {} } }): Pod {
  const status = (name: string): ContainerStatus => ({
    name,
    image: '',
    imageID: '',
    ready: true,
    restartCount: 0,
    ...state,
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x' },
    spec: {
      nodeName: 'n1',
      containers: names.map((name) => ({ name })),
      initContainers: init.map((name) => ({ name })),
    },
    status: { containerStatuses: names.map(status), initContainerStatuses: init.map(status) },
  };
}

const said = (given: Pod, asked?: string, previous = false): string | undefined => {
  const result = containerOf(given, asked, previous);
  return result.ok ? result.value : `${result.status.code} ${result.status.message}`;
};

describe('containerOf', () => {
  it('is the only one, or the one asked for', () => {
    expect(said(pod(['a']))).toBe('a');
    expect(said(pod(['a', 'b'], ['i']), 'i')).toBe('i');
  });

  it("asks which in Kubernetes' words", () => {
    expect(said(pod(['a', 'b']))).toBe('400 a container name must be specified for pod x, choose one of: [a b]');
    expect(said(pod(['a', 'b'], ['i', 'j']))).toBe(
      '400 a container name must be specified for pod x, choose one of: [a b] or one of the init containers: [i j]',
    );
    expect(said(pod(['a']), 'z')).toBe('400 container z is not valid for pod x');
  });

  it('has an empty log before the pod has a node', () => {
    const unbound = pod(['a'], [], {});
    expect(said({ ...unbound, spec: { containers: [{ name: 'a' }] } })).toBe('a');
  });

  it('says when there is no log yet, or no previous one', () => {
    const waiting = { state: { waiting: { reason: 'ImagePullBackOff' } } };
    expect(said(pod(['a'], [], waiting))).toBe('400 container "a" in pod "x" is waiting to start: ImagePullBackOff');
    expect(said(pod(['a']), 'a', true)).toBe('400 previous terminated container "a" in pod "x" not found');
    const crashed = { ...waiting, lastState: { terminated: { exitCode: 1 } } };
    expect(said(pod(['a'], [], crashed))).toBe('a');
    expect(said(pod(['a'], [], crashed), 'a', true)).toBe('a');
  });
});
