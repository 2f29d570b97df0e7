import { RuntimeError, type RuntimeProblem } from '../runtime';

interface EngineError {
  statusCode?: number;
  code?: string;
  message?: string;
  json?: { message?: string } | null;
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EACCES', 'ENOTFOUND']);

/** What the client puts before the engine's own words. */
const CLIENT_PREFIX = /^\(HTTP code \d+\) [^-]* - /;

/** An error of the engine's client, as the port promises it. */
export function runtimeError(error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error;
  const { statusCode, code, message, json } = error as EngineError;
  const text = json?.message ?? message ?? String(error);
  return new RuntimeError(problemOf(statusCode, code), text.replace(CLIENT_PREFIX, '').trim());
}

function problemOf(statusCode: number | undefined, code: string | undefined): RuntimeProblem {
  if (statusCode === undefined) return code !== undefined && UNREACHABLE.has(code) ? 'unavailable' : 'refused';
  if (statusCode === 404) return 'not-found';
  if (statusCode === 409) return 'conflict';
  return statusCode === 503 ? 'unavailable' : 'refused';
}

/** Runs a call to the engine; what it throws is a RuntimeError, except for the status codes that mean "so it is already". */
export async function asking<T>(call: () => Promise<T>, fine: readonly number[] = []): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (fine.includes((error as EngineError).statusCode ?? 0)) return undefined;
    throw runtimeError(error);
  }
}

/** As `asking`, where every answer but success is an error. */
export async function ask<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw runtimeError(error);
  }
}
