import type { Access, ReadonlyRights, Request } from '@shiplog/authorization';
import type { KubeObject, ResourceRow } from '@shiplog/contracts';
import type { Result } from '@shiplog/apimachinery';
import type { TokenAuthenticator } from '../../authentication/authenticator';
import type { User } from '../../rest/request';

/** What the answer to a question depends on. */
export interface ReviewContext {
  /** Who asks. */
  readonly user: User;
  readonly tokens: TokenAuthenticator;
  /** Who may do what at present, by roles and bindings. */
  readonly rights: ReadonlyRights;
  /** Whether a request could go on at present. */
  readonly access: (request: Request) => Access;
  /** Of the path; '' for none. */
  readonly namespace: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly row: ResourceRow;
}

/** Answers a question that was decoded as its kind: the object with its status, or why it can't be asked (400, 422). */
export type Review = (object: KubeObject, context: ReviewContext) => Result<KubeObject> | Promise<Result<KubeObject>>;

/** A review by what it reads; the decoder has made sure that it only ever sees objects of its own kind. */
export function reviewOf<T extends object>(
  judge: (object: T, context: ReviewContext) => Result<T> | Promise<Result<T>>,
): Review {
  return judge as unknown as Review;
}
