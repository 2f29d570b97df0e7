import type { Answer, Call, Operation } from '../operation';

/** An operation on `x` that took from one time to another; without an answer, it has no end. */
export function op(invoked: number, completed: number | undefined, call: Call, answer?: Answer): Operation {
  return { client: `c${invoked}`, key: 'x', call, invoked, completed, answer };
}

export const create = (token: string): Call => ({ kind: 'create', token });
export const update = (token: string, expected?: number): Call => ({ kind: 'update', token, expected });
export const remove = (expected?: number): Call => ({ kind: 'delete', expected });
export const read: Call = { kind: 'read' };
export const written = (version?: number): Answer => ({ kind: 'written', version });
export const value = (token: string, version: number): Answer => ({ kind: 'value', token, version });
export const absent: Answer = { kind: 'absent' };
export const exists: Answer = { kind: 'exists' };
export const conflict: Answer = { kind: 'conflict' };
export const deleted: Answer = { kind: 'deleted' };
