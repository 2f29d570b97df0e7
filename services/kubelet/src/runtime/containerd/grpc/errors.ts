import { status, type ServiceError } from '@grpc/grpc-js';
import { RuntimeError, type RuntimeProblem } from '../../runtime';

const PROBLEMS: ReadonlyMap<number, RuntimeProblem> = new Map([
  [status.NOT_FOUND, 'not-found'],
  [status.ALREADY_EXISTS, 'conflict'],
  [status.FAILED_PRECONDITION, 'conflict'],
  [status.UNAVAILABLE, 'unavailable'],
  [status.DEADLINE_EXCEEDED, 'unavailable'],
]);

/** An error of a call, as the port promises it, in the runtime's own words. */
export function grpcError(error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error;
  const { code, details, message } = error as Partial<ServiceError>;
  const text = details === undefined || details === '' ? (message ?? String(error)) : details;
  return new RuntimeError(PROBLEMS.get(code ?? status.UNKNOWN) ?? 'refused', text);
}

/** What a call comes to; undefined when what it is about is not there. */
export async function orGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RuntimeError && error.problem === 'not-found') return undefined;
    throw error;
  }
}
