import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { eventually } from '@shiplog/testing';
import { pino } from 'pino';
import type { DockerRuntime } from '../../runtime/docker/docker-runtime';
import { imageArchive, tar } from '../../runtime/pause/image-archive';
import { goArchitecture } from '../../runtime/pause/pause-image';
import type { Notes } from '../../status/notes';
import { TestEngine } from '../../testing/test-engine';
import { ImageStore } from '../image-store';
import { ImageArchives } from './image-archives';

describe('archives of images in a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-archives-'));
  const notes: string[] = [];
  let engine: TestEngine;
  let runtime: DockerRuntime;
  let store: ImageStore;
  let archives: ImageArchives;
  let architecture: string;

  beforeAll(async () => {
    engine = await TestEngine.start();
    runtime = engine.runtime();
    const facts = await runtime.engine();
    architecture = goArchitecture(facts.architecture);
    store = new ImageStore(runtime);
    archives = new ImageArchives(
      { imageDir: join(folder, 'images'), stateDir: join(folder, 'state') } as never,
      pino({ level: 'silent' }),
      runtime,
      store,
      { sayOfNode: (type, reason, text) => void notes.push(`${type} ${reason}: ${text}`) } as Notes,
    );
    await archives.provide();
    archives.engineUp(facts);
  });
  beforeEach(() => {
    notes.length = 0;
  });
  afterAll(async () => {
    await archives.onApplicationShutdown();
    await engine.stop();
    rmSync(folder, { recursive: true });
  });

  /** A file that nobody is writing any more. */
  const put = (name: string, content: Buffer, age = 60) => {
    const path = join(folder, 'images', name);
    writeFileSync(path, content);
    const then = Date.now() / 1_000 - age;
    utimesSync(path, then, then);
    return path;
  };
  const saved = (tag: string) =>
    imageArchive({ tag, architecture, files: [{ name: 'f', mode: 0o644, content: Buffer.from(tag) }], config: {} });

  it('are loaded before a pod is told that its image is missing, as docker save writes them and compressed', async () => {
    const [plain, packed] = [saved('team/plain:1'), saved('team/packed:1')];
    const path = put('plain.tar', plain.archive);
    put('packed.tar.gz', gzipSync(packed.archive));
    expect(await store.find('team/plain:1')).toMatchObject({ id: plain.id });
    expect(await store.find('team/packed:1')).toMatchObject({ id: packed.id });
    expect(notes).toContain(`Normal ImageArchiveLoaded: Loaded team/plain:1 from ${path}`);
  });

  it('are loaded as builders of OCI images write them, too', async () => {
    const { archive, id } = ociArchive('docker.io/team/oci:1', architecture);
    put('oci.tar', archive);
    await archives.provide();
    expect(notes.filter((note) => note.startsWith('Warning'))).toEqual([]);
    expect(await store.find('team/oci:1')).toMatchObject({ id });
  });

  it('are loaded again when the engine has lost an image, and not as long as it has', async () => {
    await archives.provide();
    expect(notes).toEqual([]);
    await engine.docker('rmi', 'team/plain:1');
    store.forget();
    expect(await store.find('team/plain:1')).toBeDefined();
    expect(notes).toEqual([expect.stringContaining('Loaded team/plain:1')]);
  });

  it('are found when they come later, and not complained of while they are being copied', async () => {
    const { archive } = saved('team/late:1');
    put('late.tar', archive.subarray(0, archive.length / 2), 0);
    await archives.provide();
    expect(notes).toEqual([]);
    put('late.tar', archive, 0);
    await eventually(() => runtime.image('team/late:1'), { timeoutMs: 20_000 });
  });

  it.each([
    ['no tar at all', Buffer.from('x'.repeat(2_000)), 'it is no tar archive'],
    ['half of an archive', saved0().subarray(0, 1_536), 'it ends in the middle of a file: it is not whole'],
    [
      'another tar archive',
      tar([{ name: 'readme', mode: 0o644, content: Buffer.from('hello') }]),
      'it holds no images',
    ],
    ['compressed, and broken', gzipSync(saved0()).subarray(0, 60), "it can't be unpacked"],
    ['an archive that the engine refuses', withoutLayer(), 'open '],
  ])('that are %s are told of once, and hold nothing up', async (_, content, reason) => {
    const path = put('bad.tar', content);
    put('good.tar', saved('team/good:1').archive);
    await archives.provide();
    await archives.provide();
    expect(notes.filter((note) => note.startsWith('Warning'))).toEqual([
      expect.stringContaining(`Warning ImageArchiveFailed: Failed to load images from ${path}: ${reason}`),
    ]);
    expect(await store.find('team/good:1')).toBeDefined();
  });
});

/** An archive that is whole. */
function saved0(): Buffer {
  const files = [{ name: 'f', mode: 0o644, content: Buffer.alloc(2_000, 1) }];
  return imageArchive({ tag: 'team/half:1', architecture: 'amd64', files, config: {} }).archive;
}

/** Its manifest names files that are not in it. */
function withoutLayer(): Buffer {
  const manifest = [{ Config: `${'a'.repeat(64)}.json`, RepoTags: ['team/refused:1'], Layers: ['layer.tar'] }];
  return tar([{ name: 'manifest.json', mode: 0o644, content: Buffer.from(JSON.stringify(manifest)) }]);
}

/** An image layout (OCI image-spec) of one image with one compressed layer. */
function ociArchive(name: string, architecture: string): { archive: Buffer; id: string } {
  const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const layer = tar([{ name: 'f', mode: 0o644, content: Buffer.from('oci') }]);
  const rootfs = { type: 'layers', diff_ids: [sha256(layer)] };
  const config = json({ architecture, os: 'linux', config: {}, rootfs });
  const packed = gzipSync(layer);
  const of = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: sha256(bytes), size: bytes.length });
  const oci = 'application/vnd.oci.image';
  const manifest = json({
    schemaVersion: 2,
    config: of(`${oci}.config.v1+json`, config),
    layers: [of(`${oci}.layer.v1.tar+gzip`, packed)],
  });
  const annotations = { 'io.containerd.image.name': name };
  const index = json({ schemaVersion: 2, manifests: [{ ...of(`${oci}.manifest.v1+json`, manifest), annotations }] });
  const entry = (path: string, content: Buffer) => ({ name: path, mode: 0o644, content });
  const blob = (bytes: Buffer) => entry(`blobs/${sha256(bytes).replace(':', '/')}`, bytes);
  const files = [entry('oci-layout', json({ imageLayoutVersion: '1.0.0' })), entry('index.json', index)];
  return { archive: tar([...files, blob(manifest), blob(config), blob(packed)]), id: sha256(config) };
}
