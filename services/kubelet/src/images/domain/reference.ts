/** What an image is called: `[registry[:port]/]path[:tag][@digest]`, as the distribution project defines it. */
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const HOST =
  '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?';
const REFERENCE = new RegExp(
  `^(?<name>(?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*)(?::(?<tag>[\\w][\\w.-]{0,127}))?(?:@(?<digest>[A-Za-z][A-Za-z0-9]*:[0-9a-fA-F]{32,}))?$`,
);

/** A reference with a tag or digest; undefined when it is not well formed. */
export function completeReference(reference: string): string | undefined {
  const groups = REFERENCE.exec(reference)?.groups;
  if (groups === undefined) return undefined;
  return groups.tag === undefined && groups.digest === undefined ? `${reference}:latest` : reference;
}

/** Why a reference is not well formed, in the words of github.com/distribution/reference (ParseNormalizedNamed). */
export function whyMalformed(reference: string): string {
  const format = 'invalid reference format';
  if (/^[a-f0-9]{64}$/.test(reference))
    return `invalid repository name (${reference}), cannot specify 64-byte hexadecimal strings`;
  const [path = ''] = withoutRegistry(reference).split(':', 1);
  if (path.toLowerCase() === path) return format;
  const isOfficial = registryOf(reference) === DEFAULT_REGISTRY && !path.includes('/');
  return `${format}: repository name (${isOfficial ? `library/${path}` : path}) must be lowercase`;
}

const DEFAULT_REGISTRY = 'docker.io';

/** The registry that an image comes from, as credentials name it. */
export function registryOf(reference: string): string {
  return hostOf(reference) ?? DEFAULT_REGISTRY;
}

/** A reference with its registry, whichever way it was written. */
export function withRegistry(reference: string): string {
  return hostOf(reference) === undefined ? `${DEFAULT_REGISTRY}/${reference}` : reference;
}

function withoutRegistry(reference: string): string {
  const host = hostOf(reference);
  return host === undefined ? reference : reference.slice(host.length + 1);
}

/** What comes before the first slash, if it can be nothing but a host. */
function hostOf(reference: string): string | undefined {
  const [first = '', ...rest] = reference.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  return isHost ? first : undefined;
}
