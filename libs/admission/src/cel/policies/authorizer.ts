import type { Environment } from '@marcbachmann/cel-js';
import { accountGroups, accountUser, type Access, type Request, type ResourceRequest } from '@shiplog/authorization';
import type { UserInfo } from '@shiplog/contracts';
import { spendOnFunction } from '../program';

type AccessedResource = Required<Omit<ResourceRequest, 'user' | 'verb' | 'fields'>>;

/** Says whether somebody may do something. */
export type AccessCheck = (request: Request) => Access;

/** Of a question to the authorizer, as in Kubernetes (apiserver's cel/library/cost.go). */
const CHECK_COST = 350_000;

class Decision {
  constructor(
    readonly isAllowed: boolean,
    readonly reason: string,
  ) {}
}

/** What a check asks; private fields, as what is metered goes through all others. */
type Ask = (verb: string) => Decision;

class PathCheck {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  check(verb: string): Decision {
    return this.#ask(verb);
  }
}

class GroupCheck {
  readonly #asker: Authorizer;

  constructor(
    asker: Authorizer,
    private readonly group: string,
  ) {
    this.#asker = asker;
  }

  resource(resource: string): ResourceCheck {
    return new ResourceCheck(this.#asker, { group: this.group, resource, subresource: '', namespace: '', name: '' });
  }
}

class ResourceCheck {
  readonly #asker: Authorizer;

  constructor(
    asker: Authorizer,
    private readonly resource: AccessedResource,
  ) {
    this.#asker = asker;
  }

  with(more: Partial<AccessedResource>): ResourceCheck {
    return new ResourceCheck(this.#asker, { ...this.resource, ...more });
  }

  check(verb: string): Decision {
    return this.#asker.check(verb, this.resource);
  }
}

/** The variable `authorizer`: what the user of a request, or a service account, may do. */
export class Authorizer {
  /** What the request itself is about. */
  declare readonly requestResource: ResourceCheck;
  readonly #access: AccessCheck;
  readonly #user: UserInfo;
  readonly #requested: AccessedResource;

  constructor(access: AccessCheck, user: UserInfo, requested: AccessedResource) {
    this.#access = access;
    this.#user = user;
    this.#requested = requested;
    Object.defineProperty(this, 'requestResource', { value: new ResourceCheck(this, requested) });
  }

  as(user: UserInfo): Authorizer {
    return new Authorizer(this.#access, user, this.#requested);
  }

  path(path: string): PathCheck {
    return new PathCheck((verb) => this.check(verb, { path }));
  }

  group(group: string): GroupCheck {
    return new GroupCheck(this, group);
  }

  check(verb: string, of: AccessedResource | { readonly path: string }): Decision {
    spendOnFunction(CHECK_COST);
    const { allowed, reason } = this.#access({ user: this.#user, verb, ...of });
    return new Decision(allowed, reason);
  }
}

const PACKAGE = 'kubernetes.authorization';
export const AUTHORIZER_TYPE = `${PACKAGE}.Authorizer`;

/** Kubernetes' authorizer library. */
export function registerAuthorizer(env: Environment): void {
  env.registerType(`${PACKAGE}.Decision`, { ctor: Decision, fields: {} });
  env.registerType(`${PACKAGE}.PathCheck`, { ctor: PathCheck, fields: {} });
  env.registerType(`${PACKAGE}.GroupCheck`, { ctor: GroupCheck, fields: {} });
  env.registerType(`${PACKAGE}.ResourceCheck`, { ctor: ResourceCheck, fields: {} });
  env.registerType(AUTHORIZER_TYPE, {
    ctor: Authorizer,
    fields: { requestResource: `${PACKAGE}.ResourceCheck` },
  });
  registerChecks(env);
  env.registerFunction(`${PACKAGE}.Decision.allowed(): bool`, ({ isAllowed }: Decision) => isAllowed);
  env.registerFunction(`${PACKAGE}.Decision.reason(): string`, ({ reason }: Decision) => reason);
  env.registerFunction(`${PACKAGE}.Decision.errored(): bool`, () => false);
  env.registerFunction(`${PACKAGE}.Decision.error(): string`, () => '');
}

function registerChecks(env: Environment): void {
  const resourceCheck = `${PACKAGE}.ResourceCheck`;
  env.registerFunction(`${AUTHORIZER_TYPE}.path(string): ${PACKAGE}.PathCheck`, (asker: Authorizer, path: string) => asker.path(path));
  env.registerFunction(`${AUTHORIZER_TYPE}.group(string): ${PACKAGE}.GroupCheck`, (asker: Authorizer, group: string) => asker.group(group));
  env.registerFunction(`${AUTHORIZER_TYPE}.serviceAccount(string, string): ${AUTHORIZER_TYPE}`, serviceAccount);
  env.registerFunction(`${PACKAGE}.PathCheck.check(string): ${PACKAGE}.Decision`, (check: PathCheck, verb: string) => check.check(verb));
  env.registerFunction(`${PACKAGE}.GroupCheck.resource(string): ${resourceCheck}`, (check: GroupCheck, resource: string) => check.resource(resource));
  for (const field of ['subresource', 'namespace', 'name'] as const) {
    env.registerFunction(`${resourceCheck}.${field}(string): ${resourceCheck}`, (check: ResourceCheck, value: string) => check.with({ [field]: value }));
  }
  // What is chosen by them is a part of what is asked about: who may do all of it may do that.
  for (const selector of ['fieldSelector', 'labelSelector']) {
    env.registerFunction(`${resourceCheck}.${selector}(string): ${resourceCheck}`, (check: ResourceCheck) => check);
  }
  env.registerFunction(`${resourceCheck}.check(string): ${PACKAGE}.Decision`, (check: ResourceCheck, verb: string) => check.check(verb));
} // prettier-ignore

/** Who a service account is to authorizers, by its groups (serviceaccount.UserInfo in Kubernetes' apiserver). */
function serviceAccount(asker: Authorizer, namespace: string, name: string): Authorizer {
  return asker.as({ username: accountUser(namespace, name), groups: accountGroups(namespace) });
}
