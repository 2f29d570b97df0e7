import { StatusError, type ContainerStatus, type Pod } from '@shiplog/contracts';
import { containerOf, logOptions } from './log-options';

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
    const cause = (reason: string) =>
      said(pod(['a'], [], { state: { waiting: { reason } } }))?.replace(
        '400 container "a" in pod "x" is waiting to start: ',
        '',
      );
    expect(['ImagePullBackOff', 'ErrImagePull', 'CrashLoopBackOff'].map(cause)).toEqual([
      'trying and failing to pull image',
      "image can't be pulled",
      'CrashLoopBackOff',
    ]);
    expect(said(pod(['a']), 'a', true)).toBe('400 previous terminated container "a" in pod "x" not found');
    const crashed = { ...waiting, lastState: { terminated: { exitCode: 1 } } };
    expect(said(pod(['a'], [], crashed))).toBe('a');
    expect(said(pod(['a'], [], crashed), 'a', true)).toBe('a');
  });
});

describe('logOptions', () => {
  const refusalOf = (query: Record<string, string>): string => {
    try {
      return JSON.stringify(logOptions(query, 'x'));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return `${error.status.code} ${error.status.message}`;
    }
  };

  it('are numbers, times and yes or no', () => {
    const query = {
      follow: 'true',
      previous: '0',
      tailLines: '0',
      limitBytes: '1',
      sinceTime: '2026-01-01T00:00:00+01:00',
    };
    expect(logOptions(query, 'x')).toEqual({
      follow: true,
      tailLines: 0,
      limitBytes: 1,
      sinceTime: '2026-01-01T00:00:00+01:00',
    });
  });

  it.each([
    [
      { tailLines: '-1' },
      '422 PodLogOptions "x" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
    [{ limitBytes: '0' }, '422 PodLogOptions "x" is invalid: limitBytes: Invalid value: 0: must be greater than 0'],
    [{ sinceSeconds: '0' }, '422 PodLogOptions "x" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0'],
    [
      { sinceSeconds: '1', sinceTime: '2026-01-01T00:00:00Z' },
      '422 PodLogOptions "x" is invalid: : Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    ],
    [{ tailLines: 'all' }, '400 strconv.ParseInt: parsing "all": invalid syntax'],
    [{ sinceTime: 'x' }, '400 parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'],
  ])('of %j are refused: %s', (query, refusal) => {
    expect(refusalOf(query as Record<string, string>)).toBe(refusal);
  });
});
