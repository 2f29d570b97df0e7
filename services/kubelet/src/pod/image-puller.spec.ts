import { ImageStore } from '../images/image-store';
import { RuntimeError, type RegistryAuth } from '../runtime/runtime';
import { FakeRuntime } from '../runtime/testing/fake-runtime';
import type { Notes } from '../status/notes';
import { NO_OBJECTS, pod } from '../testing/builders';
import { ImagePuller } from './image-puller';

const node = {
  name: 'n',
  ips: ['1'],
  allocatableCpuMilli: 1n,
  allocatableMemoryBytes: 1n,
  allocatableStorageBytes: 1n,
};
const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64');

function given(credentials: object = {}, ...more: { name: string }[]) {
  const runtime = new FakeRuntime();
  const notes: string[] = [];
  const say: Notes['say'] = (_pod, type, reason, message) => notes.push(`${type} ${reason}: ${message}`);
  const meta = { name: 'x', namespace: 'default', uid: 'x', resourceVersion: '1', creationTimestamp: '' };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: meta, data: { '.dockercfg': base64(credentials) } };
  const source = {
    ...NO_OBJECTS,
    secret: (_: string, name: string) => (name === 'x' ? secret : undefined),
  };
  const puller = new ImagePuller(new ImageStore(runtime), { say } as Notes, source, node);
  const web = pod({ imagePullSecrets: [{ name: 'x' }, ...more] });
  const signal = new AbortController();
  const get = (image: string, pullPolicy?: string) =>
    puller.get(web, { image, pullPolicy, container: 'main' }, signal.signal);
  return { runtime, notes, get, abort: () => signal.abort(new Error('given up')) };
}

const present = { id: 'sha256:here', digests: [], user: '', sizeBytes: 1_000 };

describe('the image of a container', () => {
  it('is the one that is here, where that will do', async () => {
    const { runtime, notes, get } = given();
    runtime.images.set('app:1', present);
    expect(await get('app:1', 'IfNotPresent')).toEqual(present);
    expect(notes).toEqual(['Normal Pulled: Container image "app:1" already present on machine']);
    expect(runtime.calls).toEqual([]);
  });

  it('is pulled when it is not here, and each time if the pod wants that', async () => {
    const { runtime, notes, get } = given();
    expect(await get('app:1')).toMatchObject({ id: 'sha256:app:1' });
    await get('app:1', 'Always');
    expect(runtime.calls).toEqual(['pull app:1', 'pull app:1']);
    expect(notes.map((note) => note.replace(/\d+m?s/g, '?ms'))).toEqual(
      Array(2)
        .fill([
          'Normal Pulling: Pulling image "app:1"',
          'Normal Pulled: Successfully pulled image "app:1" in ?ms (?ms including waiting). Image size: 1000 bytes.',
        ])
        .flat(),
    );
  });

  it('may be asked for without all of the secrets that the pod names, which is told', async () => {
    const { runtime, notes, get } = given({}, { name: 'no' }, { name: '' }, { name: 'none' });
    runtime.images.set('app:1', present);
    await get('app:1');
    const description = 'Unable to retrieve some image pull secrets (no, none)';
    expect(notes[0]).toBe(
      `Warning FailedToRetrieveImagePullSecret: ${description}; attempting to pull the image may not succeed.`,
    );
  });

  it('that nobody may pull, or whose name is none, fails in Kubernetes’ words', async () => {
    const { runtime, notes, get } = given();
    await expect(get('app:1', 'Never')).rejects.toMatchObject({ reason: 'ErrImageNeverPull', kind: 'pull' });
    jest.spyOn(runtime, 'image').mockRejectedValue(new RuntimeError('refused', 'invalid reference format'));
    await expect(get('App:1')).rejects.toMatchObject({ reason: 'InvalidImageName', kind: 'pull' });
    const reason = 'invalid reference format: repository name (library/App) must be lowercase';
    expect(notes).toEqual([
      'Warning ErrImageNeverPull: Container image "app:1" is not present with pull policy of Never',
      `Warning InspectFailed: Failed to apply default image tag "App:1": couldn't parse image name "App:1": ${reason}`,
    ]);
  });

  it('that the registry does not give says why, in an event too', async () => {
    const { runtime, notes, get } = given();
    runtime.failNext('pull', new RuntimeError('not-found', 'manifest unknown'));
    await expect(get('app:2')).rejects.toMatchObject({ reason: 'ErrImagePull', message: 'manifest unknown' });
    expect(notes.at(-1)).toBe('Warning Failed: Failed to pull image "app:2": manifest unknown');
  });

  it('whose pull was given up is blamed on nobody', async () => {
    const { runtime, notes, get, abort } = given();
    runtime.failNext('pull', new Error('aborted'));
    const pulled = get('app:2');
    abort();
    await expect(pulled).rejects.toThrow('given up');
    expect(notes).toEqual(['Normal Pulling: Pulling image "app:2"']);
  });

  it('waits for an engine that is away, and asks no registry meanwhile', async () => {
    const { runtime, get } = given();
    jest.spyOn(runtime, 'image').mockRejectedValue(new RuntimeError('unavailable', 'connect ECONNREFUSED'));
    await expect(get('app:1')).rejects.toMatchObject({ reason: 'ImageInspectError', kind: 'engine' });
    expect(runtime.calls).toEqual([]);
  });

  it('is asked for with each of the credentials for it, until the registry takes them', async () => {
    const { runtime, get } = given({ '*.example.org': { username: 'old' }, 'r.example.org': { username: 'me' } });
    const pull = jest.spyOn(runtime, 'pull');
    const tried = (): unknown[] => pull.mock.calls.map(([, auth]) => (auth as RegistryAuth | undefined)?.username);
    runtime.failNext('pull', new RuntimeError('refused', 'unauthorized'));
    await get('r.example.org/app:1');
    expect(tried()).toEqual(['me', 'old']);
    await get('elsewhere.example.net/app:1');
    expect(tried()).toEqual(['me', 'old', undefined]);
  });
});
