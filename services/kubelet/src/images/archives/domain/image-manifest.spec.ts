import { BadArchive, dockerManifest, imagesOf } from './image-manifest';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const blob = (letter: string) => `blobs/sha256/${letter.repeat(64)}`;
const NAME = 'io.containerd.image.name';
const image = { config: { digest: digest('c') }, layers: [{ digest: digest('1') }, { digest: digest('2') }] };
const platform = (architecture: string) => ({ os: 'linux', architecture });

describe('a manifest.json', () => {
  const row = { Config: `${'a'.repeat(64)}.json`, RepoTags: ['app:1', 'app:2'], Layers: ['x/layer.tar'] };

  it('tells the names and the id of each image, whichever way its configuration is called', () => {
    const other = { ...row, Config: blob('b'), RepoTags: ['b:1'] };
    expect(imagesOf([row, other])).toEqual([
      { id: digest('a'), names: ['app:1', 'app:2'] },
      { id: digest('b'), names: ['b:1'] },
    ]);
  });

  it.each([
    [[], 'names no image'],
    ['text', 'names no image'],
    [[{ ...row, RepoTags: null }], 'gives an image no name (RepoTags)'],
    [[{ ...row, Config: 'config.json' }], 'without its configuration'],
  ])('is refused when it is %j', (manifest, reason) => {
    expect(() => imagesOf(manifest)).toThrow(reason);
  });
});

describe('an OCI image layout', () => {
  const read = (documents: Record<string, unknown>) => (name: string) => Promise.resolve(documents[name]);
  const named = (letter: string, more: object = {}) => ({
    digest: digest(letter),
    annotations: { [NAME]: 'app:1' },
    ...more,
  });

  it('is told as a manifest.json', async () => {
    const found = await dockerManifest({ manifests: [named('a')] }, 'amd64', read({ [blob('a')]: image }));
    expect(found).toEqual([{ Config: blob('c'), RepoTags: ['app:1'], Layers: [blob('1'), blob('2')] }]);
  });

  it('gives of an image for several platforms the one for this node, under the name of all', async () => {
    const inner = {
      manifests: [
        { digest: digest('b'), platform: platform('arm64') },
        { digest: digest('d'), platform: platform('amd64') },
        { digest: digest('e'), platform: { os: 'unknown', architecture: 'unknown' } },
      ],
    };
    const documents = read({ [blob('a')]: inner, [blob('d')]: image });
    const [found] = await dockerManifest({ manifests: [named('a')] }, 'amd64', documents);
    expect(found).toMatchObject({ Config: blob('c'), RepoTags: ['app:1'] });
    await expect(dockerManifest({ manifests: [named('a')] }, 's390x', documents)).rejects.toThrow(
      'no image for linux/s390x',
    );
  });

  it.each([
    [{}, 'no image for linux/amd64'],
    [{ manifests: [{ digest: digest('a') }] }, `gives an image no name (${NAME})`],
    [
      { manifests: [{ digest: digest('a'), annotations: { 'org.opencontainers.image.ref.name': 'latest' } }] },
      'gives an image no name',
    ],
    [{ manifests: [named('f')] }, `${blob('f')} is missing in it`],
    [{ manifests: [{ ...named('a'), digest: 'sha512:x' }] }, 'sha512:x, which is no sha256 digest'],
  ])('is refused when its index is %j', async (index, reason) => {
    const refused = dockerManifest(index, 'amd64', read({ [blob('a')]: image }));
    await expect(refused).rejects.toThrow(BadArchive);
    await expect(dockerManifest(index, 'amd64', read({ [blob('a')]: image }))).rejects.toThrow(reason);
  });

  it('that leads to itself comes to an end', async () => {
    const circle = { manifests: [named('a')] };
    await expect(dockerManifest(circle, 'amd64', read({ [blob('a')]: circle }))).rejects.toThrow(
      'more than 1000 documents',
    );
  });
});
