/** What was asked of one object. Every write brings a value that no other write brings: its token. */
export type Call =
  | { readonly kind: 'create'; readonly token: string }
  /** `expected`: only if the object has this resourceVersion. */
  | { readonly kind: 'update'; readonly token: string; readonly expected?: number }
  | { readonly kind: 'delete'; readonly expected?: number }
  | { readonly kind: 'read' };

export type Answer =
  /** A create or an update was done; `token` is that of the object in the answer, if there was one. */
  | { readonly kind: 'written'; readonly version?: number; readonly token?: string }
  | { readonly kind: 'deleted' }
  /** A create was refused. */
  | { readonly kind: 'exists' }
  /** An update or a delete was refused: another resourceVersion. */
  | { readonly kind: 'conflict' }
  /** There was no such object. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'value'; readonly token: string; readonly version: number };

/** One operation of a client. An operation without an answer took effect at some time after it began, or never. */
export interface Operation {
  readonly client: string;
  /** The object's name. */
  readonly key: string;
  readonly call: Call;
  /** Milliseconds of one monotonic clock. */
  readonly invoked: number;
  readonly completed?: number;
  readonly answer?: Answer;
  /** How far the log was, as the answer says: a write's own position, or the position that a read was answered at. */
  readonly position?: number;
}

/** An operation that was answered. */
export type Answered = Operation & { readonly completed: number; readonly answer: Answer };

export function isAnswered(operation: Operation): operation is Answered {
  return operation.completed !== undefined && operation.answer !== undefined;
}

/** The value that a write brings. */
export function tokenOf(call: Call): string | undefined {
  return 'token' in call ? call.token : undefined;
}

/** One line for people: `[12.0, 15.5] client-1 update "t7" if 40 → written 41`. */
export function describeOperation({ client, key, call, invoked, completed, answer, position }: Operation): string {
  const condition = 'expected' in call && call.expected !== undefined ? ` if ${call.expected}` : '';
  const token = tokenOf(call);
  const asked = `${call.kind} ${key}${token === undefined ? '' : ` "${token}"`}${condition}`;
  const until = completed === undefined ? '…' : completed.toFixed(1);
  const at = position === undefined ? '' : ` at ${position}`;
  return `[${invoked.toFixed(1)}, ${until}] ${client} ${asked} → ${describeAnswer(answer)}${at}`;
}

function describeAnswer(answer: Answer | undefined): string {
  if (answer === undefined) return 'no answer';
  const token = 'token' in answer && answer.token !== undefined ? ` "${answer.token}"` : '';
  const version = 'version' in answer && answer.version !== undefined ? ` ${answer.version}` : '';
  return `${answer.kind}${token}${version}`;
}
