import fc from 'fast-check';
import { checkObject } from './check-object';
import type { Answer, Call, Operation } from './operation';
import { ABSENT, step, type Register } from './register';
import { isLinearizable } from './testing/brute-force';

const TOKENS = ['a', 'b', 'c', 'd', 'e', 'f'];
const OF = new Map(TOKENS.map((token, index) => [token, index + 1]));
const VERSIONS = { of: OF, all: new Set(OF.values()) };
const version = fc.integer({ min: 1, max: TOKENS.length });

const anyCall = (token: string): fc.Arbitrary<Call> =>
  fc.oneof(
    fc.constant<Call>({ kind: 'create', token }),
    fc.option(version, { nil: undefined }).map((expected): Call => ({ kind: 'update', token, expected })),
    fc.option(version, { nil: undefined }).map((expected): Call => ({ kind: 'delete', expected })),
    fc.constant<Call>({ kind: 'read' }),
    fc.constant<Call>({ kind: 'read' }),
  );

const writtenTo = (token: string, versionSeen: boolean): Answer => ({
  kind: 'written',
  version: versionSeen ? OF.get(token) : undefined,
});

const anyAnswer = (call: Call): fc.Arbitrary<Answer> => {
  const values = TOKENS.map((token): Answer => ({ kind: 'value', token, version: OF.get(token) ?? 0 }));
  switch (call.kind) {
    case 'create':
      return fc.constantFrom<Answer>(writtenTo(call.token, true), writtenTo(call.token, false), { kind: 'exists' });
    case 'update':
      return fc.constantFrom<Answer>(writtenTo(call.token, true), { kind: 'conflict' }, { kind: 'absent' });
    case 'delete':
      return fc.constantFrom<Answer>({ kind: 'deleted' }, { kind: 'conflict' }, { kind: 'absent' });
    case 'read':
      return fc.constantFrom<Answer>(...values.slice(0, 3), { kind: 'absent' });
  }
};

/** Any answers at any times: few of these histories are linearizable. */
const anyHistory = fc
  .tuple(...TOKENS.map((token) => fc.tuple(anyCall(token), fc.nat(20), fc.option(fc.nat(8), { freq: 5 }))))
  .chain((calls) =>
    fc.tuple(
      ...calls.map(([call, invoked, took]) =>
        anyAnswer(call).map((answer): Operation => {
          const begun = { client: `c${invoked}`, key: 'x', call, invoked };
          return took === null ? begun : { ...begun, completed: invoked + took, answer };
        }),
      ),
    ),
  );

/** What the object itself answers, at some moment between the beginning and the end. */
function answerOf(register: Register, call: Call): Answer {
  const candidates: Answer[] = [
    ...(call.kind === 'create' || call.kind === 'update' ? [writtenTo(call.token, true)] : []),
    { kind: 'deleted' },
    { kind: 'exists' },
    { kind: 'conflict' },
    { kind: 'absent' },
    { kind: 'value', token: register.token ?? '', version: OF.get(register.token ?? '') ?? 0 },
  ];
  const operation = { client: 'c', key: 'x', call, invoked: 0, completed: 1 };
  const found = candidates.find((answer) => step(register, { ...operation, answer }, VERSIONS) !== undefined);
  // Versions are given in the order of the tokens, so a write is always possible where its condition is met.
  if (found === undefined) throw new Error(`no answer fits ${JSON.stringify(call)}`);
  return found;
}

/** Operations that a register did one after another, and whose times overlap. */
const realHistory = fc
  .tuple(...TOKENS.map((token) => fc.tuple(anyCall(token), fc.nat(12), fc.nat(12), fc.option(fc.constant(1)))))
  .map((calls) => {
    let register = ABSENT;
    return calls.map(([call, early, late, answered], index): Operation => {
      const answer = answerOf(register, call);
      const at = index * 4;
      const whole: Operation = {
        client: `c${index}`,
        key: 'x',
        call,
        invoked: at - early,
        completed: at + late,
        answer,
      };
      register = step(register, whole, VERSIONS) ?? register;
      return answered === null ? { client: `c${index}`, key: 'x', call, invoked: at - early } : whole;
    });
  });

const RUNS = { numRuns: 3_000 };

describe('the checker', () => {
  it('finds every history of a real register linearizable', () => {
    fc.assert(
      fc.property(realHistory, (history) => {
        expect(checkObject(history).kind).toBe('linearizable');
      }),
      RUNS,
    );
  });

  it('agrees with the definition on any history', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        expect(checkObject(history).kind === 'linearizable').toBe(isLinearizable(history));
      }),
      RUNS,
    );
  });

  it('agrees with the definition on histories of a real register with one answer that is not its own', () => {
    const nearly = fc.tuple(realHistory, fc.nat(TOKENS.length - 1), fc.nat(11)).chain(([history, at, other]) =>
      fc.constant(
        history.map((operation, index) => {
          const answer = history[other % history.length]?.answer;
          return index === at && operation.completed !== undefined && answer !== undefined
            ? { ...operation, answer }
            : operation;
        }),
      ),
    );
    let refuted = 0;
    fc.assert(
      fc.property(nearly, (history) => {
        const expected = isLinearizable(history);
        if (!expected) refuted += 1;
        expect(checkObject(history).kind === 'linearizable').toBe(expected);
      }),
      RUNS,
    );
    expect(refuted).toBeGreaterThan(100);
  });
});
