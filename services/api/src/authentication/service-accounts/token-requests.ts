import { Injectable } from '@nestjs/common';
import type { BoundObjectReference, BuiltIn, ObjectOf, StoredObject, TokenRequest } from '@shiplog/contracts';
import { asStored, Problems, statusOf, toSeconds } from '@shiplog/apimachinery';
import { TOKEN_REQUESTS } from '@shiplog/contracts';
import { ClusterCache } from '../../cache/cluster-cache';
import { Clock } from '../../common/clock';
import { throwStatus } from '../../rest/errors';
import { AccountTokens } from './account-tokens';
import type { Bound } from './claims';

/** What `serviceaccounts/token` reads and answers with. */
export const TOKEN_REQUEST = asStored(TOKEN_REQUESTS);

const HOUR = 3_600;
const LEAST_SECONDS = 600;
const MOST_SECONDS = 2 ** 32;
/**
 * For how long the tokens of pods are asked for: so long a client may go on with what it read once. Those who read their
 * token a single time and never again are let in for a year, and found by the claim `warnafter`.
 */
const POD_SECONDS = 3_607;
const YEAR = 365 * 24 * HOUR;

interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** Grants tokens to service accounts, by the rules and in the words of Kubernetes. */
@Injectable()
export class TokenRequests {
  constructor(
    private readonly tokens: AccountTokens,
    private readonly cluster: ClusterCache,
    private readonly clock: Clock,
  ) {}

  /** The request with its token. Throws StatusError: 400, 404, 409, 422; 503 while the log is still being read. */
  async grant(request: TokenRequest, { namespace, name }: Account): Promise<TokenRequest> {
    checkPlace(request, { namespace, name });
    const account = this.#get('serviceaccounts', namespace, name);
    const { audiences: wanted = [], expirationSeconds: seconds = HOUR, boundObjectRef } = request.spec ?? {};
    checkSeconds(seconds);
    const bound = boundObjectRef === undefined ? {} : this.#bound(boundObjectRef, { namespace, name });
    const audiences = wanted.length === 0 ? this.tokens.audiences : wanted;
    const isLasting = bound.pod !== undefined && seconds === POD_SECONDS && this.#isForUs(audiences);
    const now = this.clock.now();
    const token = await this.tokens.sign({
      audiences,
      namespace,
      account: { name, uid: account.metadata.uid },
      bound,
      now,
      ...(isLasting ? { seconds: YEAR, warnAfter: seconds } : { seconds }),
    });
    return {
      ...request,
      metadata: { ...request.metadata, name, namespace, creationTimestamp: timeText(now) },
      spec: { ...request.spec, audiences: [...audiences], expirationSeconds: seconds },
      status: { expirationTimestamp: timeText(now + seconds * 1000), token },
    };
  }

  #isForUs(audiences: readonly string[]): boolean {
    return audiences.every((audience) => this.tokens.audiences.includes(audience));
  }

  #bound(reference: BoundObjectReference, account: Account): Bound {
    const { apiVersion = '', kind = '', name = '' } = reference;
    switch (apiVersion === 'v1' ? kind : '') {
      case 'Pod':
        return this.#boundToPod(this.#referred('pods', account.namespace, reference), account);
      case 'Secret':
        return { secret: { name, uid: this.#referred('secrets', account.namespace, reference).metadata.uid } };
      case 'Node':
        return { node: { name, uid: this.#referred('nodes', '', reference).metadata.uid } };
      default:
        return throwStatus(statusOf.badRequest(`cannot bind token to object of type ${goKind(apiVersion, kind)}`));
    }
  }

  #boundToPod({ metadata, spec }: ObjectOf<'pods'>, account: Account): Bound {
    if (spec?.serviceAccountName !== account.name) {
      const other = 'to pod running with different serviceaccount name.';
      throwStatus(statusOf.badRequest(`cannot bind token for serviceaccount ${JSON.stringify(account.name)} ${other}`));
    }
    const pod = { name: metadata.name, uid: metadata.uid };
    if (spec.nodeName === undefined) return { pod };
    const node = this.cluster.projection.get('nodes', '', spec.nodeName);
    return { pod, node: { name: spec.nodeName, ...(node === undefined ? {} : { uid: node.metadata.uid }) } };
  }

  /** What a token is to be bound to; 409 when it is another of the name. */
  #referred<R extends 'pods' | 'secrets' | 'nodes'>(
    resource: R,
    namespace: string,
    { name = '', uid = '', kind = '' }: BoundObjectReference,
  ): ObjectOf<R> {
    const found = this.#get(resource, namespace, name);
    if (uid === '' || uid === found.metadata.uid) return found;
    const reason =
      `the UID in the bound object reference (${uid}) does not match the UID in record. ` +
      'The object might have been deleted and then recreated';
    return throwStatus(statusOf.conflict({ group: '', plural: kind, kind }, name, reason));
  }

  #get<R extends BuiltIn>(resource: R, namespace: string, name: string): ObjectOf<R> & StoredObject {
    const found = this.cluster.projection.get(resource, namespace, name);
    return (found ?? throwStatus(statusOf.notFound(resource, name))) as ObjectOf<R> & StoredObject;
  }
}

function timeText(ms: number): string {
  return toSeconds(new Date(ms).toISOString());
}

/** As Go's `GroupVersionKind` is written. */
function goKind(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}

/** A request that says where it belongs must say what its path says. */
function checkPlace({ metadata }: TokenRequest, { namespace, name }: Account): void {
  const problems = new Problems();
  if ((metadata.name ?? name) !== name) {
    problems.invalid('metadata.name', metadata.name, 'must match the service account name if specified');
  }
  if ((metadata.namespace ?? namespace) !== namespace) {
    problems.invalid('metadata.namespace', metadata.namespace, 'must match the service account namespace if specified');
  }
  if (!problems.none) throwStatus(statusOf.invalid(TOKEN_REQUESTS, name, problems.causes));
}

function checkSeconds(seconds: number): void {
  const problems = new Problems();
  const field = 'spec.expirationSeconds';
  if (seconds < LEAST_SECONDS) problems.invalid(field, seconds, 'may not specify a duration less than 10 minutes');
  if (seconds > MOST_SECONDS) problems.invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds');
  if (!problems.none) throwStatus(statusOf.invalid(TOKEN_REQUESTS, '', problems.causes));
}
