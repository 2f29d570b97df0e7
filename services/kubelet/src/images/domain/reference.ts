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

const DEFAULT_REGISTRY = 'docker.io';

/** The registry that an image comes from, as credentials name it. */
export function registryOf(reference: string): string {
  const first = reference.split('/')[0] ?? '';
  const isHost = reference.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  return isHost ? first : DEFAULT_REGISTRY;
}
