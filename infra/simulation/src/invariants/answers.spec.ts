import type { AnyCommand, CommandReply, LogEvent } from '@shiplog/contracts';
import { Answers } from './answers';
import { Truth } from './truth';

const command = {
  id: 'c1',
  type: 'DeleteObject',
  actor: 'a',
  data: { resource: 'configmaps', namespace: 'default', name: 'x' },
} as AnyCommand;
const done = (position: number, events = 1): CommandReply => ({ ok: true, position, events });
const refusal: CommandReply = { ok: false, status: { code: 404 } };

function logged(position: number, commandId: string): LogEvent {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'default', uid: 'u' } };
  return {
    position,
    time: `${position}`,
    fact: 'Created',
    resource: 'configmaps',
    namespace: 'default',
    name: 'x',
    node: '',
    commandId,
    data: { object },
  } as unknown as LogEvent;
}

describe('Answers', () => {
  const rig = () => {
    const violated: string[] = [];
    const truth = new Truth([], (violation) => violated.push(violation.invariant));
    return { truth, violated, answers: new Answers(truth) };
  };

  it('takes an answer whose effect is in the log', () => {
    const { truth, answers } = rig();
    truth.committed([logged(1, 'c1')]);
    answers.told(command, done(1));
    answers.told(command, done(1));
    expect(answers.acknowledged).toBe(1);
  });

  it('finds an acknowledged write that is not in the log', () => {
    expect(() => rig().answers.told(command, done(1))).toThrow('no acknowledged write is lost');
  });

  it('finds a refusal whose effect is in the log, also when it comes later', () => {
    const { truth, answers } = rig();
    answers.told(command, refusal);
    truth.committed([logged(1, 'c1')]);
    expect(() => answers.checkAll()).toThrow('not refused while its effect is there');
  });

  it('finds two answers to one command', () => {
    const { truth, answers } = rig();
    answers.told(command, refusal);
    truth.committed([logged(1, 'other')]);
    expect(() => answers.told(command, done(1, 0))).toThrow('has one answer');
  });

  it('finds a gap in the log', () => {
    const { truth, violated } = rig();
    truth.committed([logged(1, 'a'), logged(3, 'b')]);
    expect(violated).toEqual(['positions are gapless']);
  });

  it('takes no answer that only says "not now"', () => {
    const { answers } = rig();
    answers.told(command, { ok: false, status: { code: 503 } });
    expect(answers.isKnown('c1')).toBe(false);
  });
});
