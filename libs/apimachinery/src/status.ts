import {
  type BuiltIn,
  type KubeStatus,
  type ResourceRow,
  STATUS_CHARACTERS,
  type StatusCause,
  builtIn,
} from '@shiplog/contracts';
import { excerpt } from './values/excerpt';

/** A resource by its row, or by the id of a built-in one. */
export type Named = Pick<ResourceRow, 'group' | 'plural' | 'kind'> | BuiltIn;

/** Why a write loses against a newer one. */
const OUTDATED = 'the object has been modified; please apply your changes to the latest version and try again';

type Details = NonNullable<KubeStatus['details']>;

function rowOf(named: Named): Pick<ResourceRow, 'group' | 'plural' | 'kind'> {
  return typeof named === 'string' ? builtIn(named) : named;
}

function qualified(word: string, group: string): string {
  return group === '' ? word : `${word}.${group}`;
}

function failure(code: number, reason: string, message: string, details?: Details): KubeStatus {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: excerpt(message, STATUS_CHARACTERS),
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  };
}

function about(named: Named, name: string): { said: string; details: Details } {
  const row = rowOf(named);
  const details: Details = { name, ...(row.group === '' ? {} : { group: row.group }), kind: row.plural };
  return { said: `${qualified(row.plural, row.group)} ${JSON.stringify(name)}`, details };
}

function invalid(named: Named, name: string, causes: readonly StatusCause[]): KubeStatus {
  const row = rowOf(named);
  const texts = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const reason = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return failure(422, 'Invalid', `${qualified(row.kind, row.group)} ${JSON.stringify(name)} is invalid: ${reason}`, {
    // A patch is of no kind, and options have no name.
    ...(name === '' ? {} : { name }),
    ...(row.group === '' ? {} : { group: row.group }),
    ...(row.kind === '' ? {} : { kind: row.kind }),
    causes: [...causes],
  });
}

/** Builders of Kubernetes' Status errors, with the texts that clients (kubectl, client-go) match on. */
export const statusOf = {
  /** 404: there is no such object. */
  notFound: (named: Named, name: string): KubeStatus => {
    const { said, details } = about(named, name);
    return failure(404, 'NotFound', `${said} not found`, details);
  },
  /** 404 for a path that names nothing served. */
  noSuchPath: (): KubeStatus => failure(404, 'NotFound', 'the server could not find the requested resource', {}),
  /** 409: the name is taken. */
  alreadyExists: (named: Named, name: string): KubeStatus => {
    const { said, details } = about(named, name);
    return failure(409, 'AlreadyExists', `${said} already exists`, details);
  },
  /** 409: a precondition on resourceVersion or uid does not hold; without `why`, the text of an outdated resourceVersion. */
  conflict: (named: Named, name: string, reason = OUTDATED): KubeStatus => {
    const { said, details } = about(named, name);
    return failure(409, 'Conflict', `Operation cannot be fulfilled on ${said}: ${reason}`, details);
  },
  /** 409: an apply patch would change fields of other managers; each cause names one. */
  applyConflict: (message: string, causes: readonly StatusCause[]): KubeStatus =>
    failure(409, 'Conflict', message, { causes: [...causes] }),
  /** 422: the object breaks rules; each cause names its field. */
  invalid,
  /** 400. */
  badRequest: (message: string): KubeStatus => failure(400, 'BadRequest', message),
  /** 401. */
  unauthorized: (): KubeStatus => failure(401, 'Unauthorized', 'Unauthorized'),
  /** 403: admission or authorization says no. */
  forbidden: (named: Named, name: string, reason: string, causes?: readonly StatusCause[]): KubeStatus => {
    const { said, details } = about(named, name);
    const subject = name === '' ? said.slice(0, said.lastIndexOf(' ')) : said;
    const { name: _none, ...unnamed } = details;
    return failure(403, 'Forbidden', `${subject} is forbidden: ${reason}`, {
      ...(name === '' ? unnamed : details),
      ...(causes === undefined ? {} : { causes: [...causes] }),
    });
  },
  /** 403 for what is no resource. */
  forbiddenPath: (reason: string): KubeStatus => failure(403, 'Forbidden', `forbidden: ${reason}`, {}),
  /** 410: the resourceVersion or continue token asked for is no longer kept. */
  expired: (message: string): KubeStatus => failure(410, 'Expired', message),
  /** 410, as watches say it. */
  gone: (message: string): KubeStatus => failure(410, 'Gone', message),
  /** 405. */
  methodNotAllowed: (): KubeStatus =>
    failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {}),
  /** 406. */
  notAcceptable: (accepted: readonly string[]): KubeStatus =>
    failure(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`),
  /** 413. */
  tooLarge: (message: string): KubeStatus =>
    failure(413, 'RequestEntityTooLarge', `Request entity is too large: ${message}`),
  /** 415. */
  unsupportedMediaType: (accepted: readonly string[]): KubeStatus =>
    failure(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
    ),
  /** 422 without a field: a patch that is well-formed but cannot be applied. */
  unprocessable: (message: string): KubeStatus =>
    // Without causes, kubectl shows the message itself.
    failure(422, 'Invalid', `the server rejected our request due to an error in our request: ${message}`, {}),
  /** 429: asked again later, please. */
  tooManyRequests: (message: string, retryAfterSeconds: number): KubeStatus =>
    failure(429, 'TooManyRequests', message, { retryAfterSeconds }),
  /** 500. */
  internal: (message: string): KubeStatus =>
    failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }),
  /** 503: a part that is needed does not answer now. */
  unavailable: (message: string): KubeStatus => failure(503, 'ServiceUnavailable', message),
  /** 504: no answer within the deadline; the request may yet take effect. */
  timeout: (message: string): KubeStatus => failure(504, 'Timeout', `Timeout: ${message}`),
};
