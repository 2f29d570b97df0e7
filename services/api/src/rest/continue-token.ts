import { statusOf } from '@shiplog/apimachinery';
import { throwStatus } from './errors';

/** Where the next page of a list begins: after an object, in the state of a position. */
export interface ContinueFrom {
  /** Undefined: in the state of now, for a list whose own is no longer kept, as the client accepts. */
  readonly position?: number;
  /** `namespace/name`, or `name` for cluster-scoped objects. */
  readonly after: string;
}

/** As Kubernetes has it. */
const NOW = -1;

/** A continue token: opaque to clients. */
export function continueToken({ position, after }: ContinueFrom): string {
  return Buffer.from(JSON.stringify({ v: 'shiplog/v1', rv: position ?? NOW, after })).toString('base64url');
}

/** Reads a token that `continueToken` made. 400 for anything else. */
export function parseContinue(token: string): ContinueFrom {
  const parsed = decode(token);
  if (typeof parsed === 'object' && parsed !== null) {
    const { v, rv, after } = parsed as Record<string, unknown>;
    if (v === 'shiplog/v1' && isPlace(rv) && typeof after === 'string' && after !== '') {
      return rv === NOW ? { after } : { position: rv as number, after };
    }
  }
  return throwStatus(
    statusOf.badRequest('invalid continue token: continue key is not valid: it was not issued by this server'),
  );
}

function isPlace(rv: unknown): boolean {
  return Number.isSafeInteger(rv) && ((rv as number) > 0 || rv === NOW);
}

function decode(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** 410 for a page of a state that is no longer kept, with a token for who is content with the rest of the state of now. */
export function throwContinueExpired(after: string): never {
  const status = statusOf.expired(TOO_OLD);
  throwStatus({ ...status, metadata: { continue: continueToken({ after }) } });
}

/** Kubernetes' own sentences: clients show them. */
const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
