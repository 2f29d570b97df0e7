import type { ObjectMeta, OwnerReference } from '@shiplog/contracts';
import { GoSyntax, type Problems } from '@shiplog/apimachinery';

/** Events come and go too fast for anything to live as long as they do. */
const BANNED_OWNER = 'v1/Event';
const OWNERS = 'metadata.ownerReferences';

/** Kubernetes says what is wrong of the whole list, and not of one owner in it. */
export function validateOwners({ ownerReferences: owners = [] }: ObjectMeta, problems: Problems): void {
  for (const owner of owners) validateOwner(owner, problems);
  const [first, second] = owners.filter(({ controller }) => controller === true);
  if (first === undefined || second === undefined) return;
  const both = `${first.kind}/${first.name} and ${second.kind}/${second.name}`;
  const rule = `Only one reference can have Controller set to true. Found "true" in references for ${both}`;
  problems.invalid(OWNERS, owners, rule);
}

function validateOwner(owner: OwnerReference, problems: Problems): void {
  const { apiVersion } = owner;
  if (!/^(?:[^/]*\/)?[^/]+$/.test(apiVersion)) {
    problems.invalid(`${OWNERS}.apiVersion`, apiVersion, 'version must not be empty');
  }
  for (const field of ['kind', 'name', 'uid'] as const) {
    if (owner[field] === '') problems.invalid(`${OWNERS}.${field}`, '', 'must not be empty');
  }
  if (`${apiVersion}/${owner.kind}` === BANNED_OWNER) {
    problems.invalid(OWNERS, shownOwner(owner), '/v1, Kind=Event is disallowed from being an owner');
  }
}

/** An owner writes itself, as Go's protobuf types do. */
function shownOwner({ kind, name, uid, apiVersion, controller, blockOwnerDeletion }: OwnerReference): GoSyntax {
  const flags = [controller, blockOwnerDeletion].map((flag) => (flag === undefined ? 'nil' : `*${flag}`));
  return new GoSyntax(
    `&OwnerReference{Kind:${kind},Name:${name},UID:${uid},APIVersion:${apiVersion},Controller:${flags[0]},BlockOwnerDeletion:${flags[1]},}`,
  );
}

/** The owners of a list without those that are in it already, and the uids of these (dedupOwnerReferences in the apiserver). */
export function distinctOwners(owners: readonly OwnerReference[]): { kept: OwnerReference[]; repeated: string[] } {
  const seen = new Set<string>();
  const kept: OwnerReference[] = [];
  const repeated: string[] = [];
  for (const owner of owners) {
    const { apiVersion, kind, name, uid, controller, blockOwnerDeletion } = owner;
    const key = JSON.stringify([apiVersion, kind, name, uid, controller, blockOwnerDeletion]);
    if (seen.has(key)) repeated.push(uid);
    else kept.push(owner);
    seen.add(key);
  }
  return { kept, repeated };
}
