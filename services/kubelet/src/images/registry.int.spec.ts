import { ImagePuller } from '../pod/image-puller';
import type { DockerRuntime } from '../runtime/docker/docker-runtime';
import type { Notes } from '../status/notes';
import { NO_OBJECTS, pod } from '../testing/builders';
import { BUSYBOX, TestEngine } from '../testing/test-engine';
import { PASSWORD, TestRegistry, USER } from '../testing/test-registry';
import { ImageStore } from './image-store';

const node = {
  name: 'n',
  ips: ['1'],
  allocatableCpuMilli: 1n,
  allocatableMemoryBytes: 1n,
  allocatableStorageBytes: 1n,
};
const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64');

describe('images of a private registry', () => {
  let engine: TestEngine;
  let registry: TestRegistry;
  let runtime: DockerRuntime;
  let image: string;

  beforeAll(async () => {
    [engine, registry] = await Promise.all([TestEngine.start(), TestRegistry.start()]);
    runtime = engine.runtime();
    image = await registry.push(engine, BUSYBOX, 'team/app:1');
  });
  afterAll(async () => {
    await engine.stop();
    await registry.stop();
  });
  // Of the same id as the engine's own: by its name, so that nothing else goes.
  afterEach(async () => {
    if ((await engine.docker('images', '-q', image)) !== '') await engine.docker('rmi', image);
  });

  /** A pod with a pull secret for each of these passwords. */
  function given(...passwords: readonly string[]) {
    const notes: string[] = [];
    const say: Notes['say'] = (_pod, type, reason, message) => notes.push(`${type} ${reason}: ${message}`);
    const metadata = { name: 'x', namespace: 'default', uid: 'x', resourceVersion: '1', creationTimestamp: '' };
    const secret = (_: string, name: string) => {
      const auths = { [registry.host]: { username: USER, password: passwords[Number(name)] } };
      return { apiVersion: 'v1', kind: 'Secret', metadata, data: { '.dockerconfigjson': base64({ auths }) } };
    };
    const source = { ...NO_OBJECTS, secret };
    const puller = new ImagePuller(new ImageStore(runtime), { say } as Notes, source, node);
    const web = pod({ imagePullSecrets: passwords.map((_, name) => ({ name: String(name) })) });
    const get = (image: string, pullPolicy = 'Always') =>
      puller.get(web, { image, pullPolicy }, new AbortController().signal);
    return { notes, get };
  }

  it('come with the password, by tag and by digest', async () => {
    const { notes, get } = given(PASSWORD);
    const { digests, id } = await get(image);
    expect(digests[0]).toMatch(new RegExp(`^${registry.host}/team/app@sha256:[0-9a-f]{64}$`));
    expect(notes.at(-1)).toMatch(/^Normal Pulled: Successfully pulled image /);
    await engine.docker('rmi', image);
    expect((await get(digests[0] ?? '', 'IfNotPresent')).id).toBe(id);
  });

  it.each([
    ['none', [], /no basic auth credentials|authentication required|unauthorized/],
    ['a wrong one', ['wrong'], /unauthorized|authentication required/],
  ])('don’t come with %s, and the registry’s own words say why', async (_title, passwords, reason) => {
    const { notes, get } = given(...passwords);
    await expect(get(image)).rejects.toMatchObject({ reason: 'ErrImagePull', message: expect.stringMatching(reason) });
    expect(notes.at(-1)).toMatch(/^Warning Failed: Failed to pull image ".*": /);
    expect(notes.at(-1)).toMatch(reason);
  });

  it('come with any of several secrets', async () => {
    await expect(given('wrong', PASSWORD).get(image)).resolves.toMatchObject({ id: expect.stringMatching(/^sha256:/) });
  });

  it('are asked for anew where a pod always wants that, and only there', async () => {
    const { get } = given(PASSWORD);
    const before = await get(image);
    const made = await engine.docker('create', BUSYBOX);
    await engine.docker('commit', '-c', 'ENV CHANGED=yes', made, 'shiplog-test/changed:1');
    await engine.docker('rm', made);
    await engine.docker('rmi', image);
    await registry.push(engine, 'shiplog-test/changed:1', 'team/app:1');
    await engine.docker('tag', before.id, image);
    expect((await get(image, 'IfNotPresent')).id).toBe(before.id);
    expect((await get(image, 'Always')).id).not.toBe(before.id);
  });

  it('don’t come from a registry that is away, or that nobody vouches for, and come when that is over', async () => {
    const { get } = given(PASSWORD);
    await registry.pause();
    await expect(get(image)).rejects.toMatchObject({
      reason: 'ErrImagePull',
      message: expect.stringMatching(/connection refused/),
    });
    await registry.resume();
    await registry.distrust();
    await expect(get(image)).rejects.toMatchObject({
      reason: 'ErrImagePull',
      message: expect.stringMatching(/certificate/),
    });
    await registry.trust();
    await expect(get(image)).resolves.toBeDefined();
  });
});
