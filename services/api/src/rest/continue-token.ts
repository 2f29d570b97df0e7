import { statusOf } from '@shiplog/apimachinery';
import { throwStatus } from './errors';

/** Where the next page of a list begins: after an object, in the state of a position. */
export interface ContinueFrom {
  readonly position: number;
  /** `namespace/name`, or `name` for cluster-scoped objects. */
  readonly after: string;
}

/** A continue token: opaque to clients. */
export function continueToken({ position, after }: ContinueFrom): string {
  return Buffer.from(JSON.stringify({ v: 'shiplog/v1', rv: position, after })).toString('base64url');
}

/** Reads a token that `continueToken` made. 400 for anything else. */
export function parseContinue(token: string): ContinueFrom {
  const parsed = decode(token);
  if (typeof parsed === 'object' && parsed !== null) {
    const { v, rv, after } = parsed as Record<string, unknown>;
    if (v === 'shiplog/v1' && Number.isSafeInteger(rv) && typeof after === 'string') {
      return { position: rv as number, after };
    }
  }
  return throwStatus(
    statusOf.badRequest('invalid continue token: continue key is not valid: it was not issued by this server'),
  );
}

function decode(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
