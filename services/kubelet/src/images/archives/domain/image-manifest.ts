/** Why a file can't be taken for images; for a person, to follow "it". */
export class BadArchive extends Error {
  override readonly name = 'BadArchive';
}

/** One image of an archive. */
export interface ArchivedImage {
  /** `sha256:…` of its configuration: what an engine calls it. */
  readonly id: string;
  /** At least one; else nobody could ask for it. */
  readonly names: readonly string[];
}

/** An entry of `manifest.json`, as `docker save` writes it and `docker load` reads it. */
export interface DockerManifest {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
  readonly Layers: readonly string[];
}

/** What an OCI image layout points to: a manifest, or another index, by digest. */
interface Descriptor {
  readonly mediaType?: string;
  readonly digest?: string;
  readonly platform?: { readonly os?: string; readonly architecture?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An index has `manifests`, a manifest `config` and `layers` (OCI image-spec). */
interface Document {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

/** How an index names an image: as containerd does, or as the specification, where it may be a tag alone. */
const NAMES = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'];
const DIGEST = /^sha256:([0-9a-f]{64})$/;
const MOST_DOCUMENTS = 1_000;

/** The images that a `manifest.json` tells of. Throws BadArchive. */
export function imagesOf(manifest: unknown): ArchivedImage[] {
  if (!Array.isArray(manifest) || manifest.length === 0) throw new BadArchive('manifest.json in it names no image');
  return (manifest as DockerManifest[]).map(({ Config, RepoTags }) => {
    const hash = /([0-9a-f]{64})(\.json)?$/.exec(String(Config))?.[1];
    if (hash === undefined) throw new BadArchive('manifest.json in it names an image without its configuration');
    const names = (RepoTags ?? []).map(String);
    if (names.length === 0) throw new BadArchive('manifest.json in it gives an image no name (RepoTags)');
    return { id: `sha256:${hash}`, names };
  });
}

/**
 * An OCI image layout as a `manifest.json` says it, of the images for a platform.
 * @param index what `index.json` holds
 * @param read a document of the archive by its name; undefined when it is not there
 * @throws BadArchive
 */
export async function dockerManifest(
  index: unknown,
  architecture: string,
  read: (name: string) => Promise<unknown>,
): Promise<DockerManifest[]> {
  const found: DockerManifest[] = [];
  const pending = ((index as Document).manifests ?? []).map((descriptor) => ({ descriptor, name: nameOf(descriptor) }));
  for (let count = 0; pending.length > 0; count++) {
    if (count === MOST_DOCUMENTS)
      throw new BadArchive(`index.json in it leads to more than ${MOST_DOCUMENTS} documents`);
    const { descriptor, name } = pending.shift()!;
    if (!isFor(descriptor, architecture)) continue;
    const blob = blobOf(descriptor);
    const document = (await read(blob)) as Document | undefined;
    if (document === undefined) throw new BadArchive(`${blob} is missing in it`);
    if (document.manifests !== undefined)
      pending.push(...document.manifests.map((inner) => ({ descriptor: inner, name: nameOf(inner) ?? name })));
    else if (document.config !== undefined) found.push(manifestOf(document, name));
  }
  if (found.length === 0) throw new BadArchive(`index.json in it leads to no image for linux/${architecture}`);
  return found;
}

function manifestOf({ config, layers = [] }: Document, name: string | undefined): DockerManifest {
  if (name === undefined) throw new BadArchive(`index.json in it gives an image no name (${NAMES[0]})`);
  return { Config: blobOf(config ?? {}), RepoTags: [name], Layers: layers.map(blobOf) };
}

/** A tag alone names nothing. */
function nameOf({ annotations = {} }: Descriptor): string | undefined {
  const name = NAMES.map((key) => annotations[key]).find((value) => value !== undefined);
  return name !== undefined && /[/:]/.test(name) ? name : undefined;
}

/** A descriptor that names no platform is for any; attestations say "unknown". */
function isFor({ platform }: Descriptor, architecture: string): boolean {
  return platform === undefined || (platform.os === 'linux' && platform.architecture === architecture);
}

function blobOf({ digest }: Descriptor): string {
  const hash = DIGEST.exec(digest ?? '')?.[1];
  if (hash === undefined) throw new BadArchive(`it refers to ${digest ?? 'nothing'}, which is no sha256 digest`);
  return `blobs/sha256/${hash}`;
}
