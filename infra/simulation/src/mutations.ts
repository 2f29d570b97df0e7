import { Bus, Epochs } from '@shiplog/bus';
import { Head, ROOT } from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import type { Msg } from 'nats';
import { chunkHeaders, chunkOf } from '../../../libs/bus/src/stream-wire';
import { Cursor } from '../../../libs/projection/src/cursor';
import { Reassembly } from '../../../libs/projection/src/reassembly';
import type { Commit } from '../../../services/journal/src/database/append';
import { Lease } from '../../../services/journal/src/database/lease';
import { QueryController } from '../../../services/journal/src/queries/query.controller';
import { HighWaterMarkSignals } from '../../../services/journal/src/leader/high-water-mark-signals';
import { Standing } from '../../../services/journal/src/leader/succession';
import { RecentCommands } from '../../../services/journal/src/writer/recent-commands';
import { SchedulingCycle } from '../../../services/scheduler/src/scheduling-cycle';
import { FakeRuntime } from '../../../services/kubelet/src/runtime/testing/fake-runtime';
import { SimSubscription } from './bus/subscription';
import { SimMessage, type Wire } from './bus/wire';
import { SimEvents, SimSnapshots } from './store/repositories';
import { CONTROLLER_MUTATIONS } from './controller-mutations';
import { call, inReverse, replace, type Method, type Mutation } from './mutation';
import { Store } from './store/store';

/** Every so-many-th call, so that a run gets going before it goes wrong. */
function everyOther(times: number): () => boolean {
  let calls = 0;
  return () => ++calls % times === 0;
}

/** The message as it would be if all chunks before it had come. */
function renumbered(subscription: SimSubscription, message: Msg, counts: WeakMap<SimSubscription, number>): Msg {
  const chunk = message.subject.startsWith(`${ROOT}.stream.to.`) ? chunkOf(message) : undefined;
  if (chunk === undefined) return message;
  const count = (counts.get(subscription) ?? 0) + (chunk.kind === 'data' ? 1 : 0);
  counts.set(subscription, count);
  const { subject, reply, data, sid } = message;
  const wire: Wire = { subject, reply, data, header: chunkHeaders(chunk.kind, count).encode() };
  return new SimMessage(wire, sid, () => undefined);
}

/** What a reader breaks that passes over a part of the log. */
const READER_DIFFERS = [
  'a projection equals the fold at its position',
  'LIST and WATCH: every change once, in order',
  'every projection catches up',
] as const;

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'acknowledged-before-commit': {
    fault: 'the journal answers for what the database does not have',
    found: [
      'no acknowledged write is lost',
      'positions are gapless',
      'LIST and WATCH: every change once, in order',
      'a projection equals the fold at its position',
    ],
    install: () => {
      const now = everyOther(20);
      return replace(
        Store.prototype,
        'append',
        (was) =>
          function (this: Store, ...given) {
            return now() ? 'committed' : call(was, this, given);
          } as Method,
      );
    },
  },
  'commands-forgotten': {
    fault: 'a repeated command is decided again',
    found: [
      'a command has one effect',
      'a command repeated has one answer',
      'a command is not refused while its effect is there',
    ],
    install: () => {
      const undo = [
        replace(RecentCommands.prototype, 'get', () => (() => undefined) as Method),
        replace(
          Store.prototype,
          'append',
          (was) =>
            function (this: Store, ...given) {
              this.commands.clear();
              return call(was, this, given);
            } as Method,
        ),
      ];
      return inReverse(undo);
    },
  },
  'refusals-forgotten': {
    fault: 'answers that made no events are not written: the next journal decides their commands again',
    found: ['a command repeated has one answer', 'a command is not refused while its effect is there'],
    install: () =>
      replace(
        Store.prototype,
        'append',
        (was) =>
          function (this: Store, epoch: number, commit: Commit) {
            return call(was, this, [epoch, { ...commit, answers: [] }]);
          } as Method,
      ),
  },
  'clock-backwards': {
    fault: 'a journal does not look at the time of the last event when it begins',
    found: ['time in the log never runs backwards'],
    install: () => replace(SimEvents.prototype, 'newest', () => (() => Promise.resolve([])) as Method),
  },
  'lease-for-ever': {
    fault: 'a journal answers until Postgres says that it is deposed, steps down for nobody, and is believed',
    found: [
      'a read is no older than a write that was acknowledged before it was asked',
      'LIST and WATCH: every change once, in order',
    ],
    install: () => {
      const undo = [
        replace(Lease.prototype, 'holds', () => (() => true) as Method),
        replace(
          Lease.prototype,
          'lost',
          (was) =>
            function (this: Lease) {
              const lost = call(was, this, []) as Promise<string>;
              return lost.then((reason) => (reason.endsWith('in time') ? new Promise(() => undefined) : reason));
            } as Method,
        ),
        replace(Lease.prototype, 'supersede', () => (() => undefined) as Method),
        replace(Standing.prototype, 'holds', () => (() => true) as Method),
        replace(Epochs.prototype, 'believes', () => (() => true) as Method),
      ];
      return inReverse(undo);
    },
  },
  'chunks-unchecked': {
    fault: 'a reader does not look at the numbers of the chunks of a stream',
    found: ['a read shows what the log folds to', 'a projection equals the fold at its position'],
    install: () => {
      const counts = new WeakMap<SimSubscription, number>();
      return replace(
        SimSubscription.prototype,
        'deliver',
        (was) =>
          function (this: SimSubscription, message: Msg) {
            return call(was, this, [renumbered(this, message, counts)]);
          } as Method,
      );
    },
  },
  'gap-unseen': {
    fault: 'a reader folds on over an event that it has missed',
    found: READER_DIFFERS,
    install: () =>
      replace(
        Cursor.prototype,
        'isBehind',
        () =>
          function () {
            return false;
          } as Method,
      ),
  },
  'commit-torn': {
    fault: 'a reader takes a commit for whole when the first of its parts is there',
    found: READER_DIFFERS,
    install: () =>
      replace(
        Reassembly.prototype,
        'isWhole',
        () =>
          function () {
            return true;
          } as Method,
      ),
  },
  'position-early': {
    fault: 'a projection is where the head signal is, and not where it has read to',
    found: ['a projection equals the fold at its position'],
    install: () => {
      const heads = new WeakMap<object, number>();
      const undo = [
        replace(
          Bus.prototype,
          'hear',
          (was) =>
            function (this: Bus, message: unknown, handler: (payload: { position: number }) => void) {
              const listen =
                message !== Head
                  ? handler
                  : (head: { position: number }) => {
                      heads.set(this, Math.max(heads.get(this) ?? 0, head.position));
                      handler(head);
                    };
              return call(was, this, [message, listen]);
            } as Method,
        ),
        replace(
          Projection.prototype,
          'position',
          (was) =>
            function (this: Projection) {
              return Math.max(call(was, this, []) as number, heads.get((this as unknown as { bus: object }).bus) ?? 0);
            } as Method,
        ),
      ];
      return inReverse(undo);
    },
  },
  'no-heads': {
    fault: 'nobody tells readers where the log is: the lost tail of a channel stays lost',
    found: ['every projection catches up', 'every pod gets a node, and runs'],
    install: () => replace(HighWaterMarkSignals.prototype, 'start', () => (() => undefined) as Method),
  },
  'part-of-a-load': {
    fault: 'a reader takes a part of the state for all of it',
    found: [
      'a projection equals the fold at its position',
      'a read shows what the log folds to',
      'every projection catches up',
    ],
    install: () =>
      replace(
        Bus.prototype,
        'state',
        (was) =>
          async function* (this: Bus, ...given: unknown[]) {
            for await (const chunk of call(was, this, given) as AsyncIterable<{ objects: unknown[] }>) {
              yield chunk.objects.length > 3 ? { ...chunk, objects: chunk.objects.slice(0, -1) } : chunk;
            }
          } as unknown as Method,
      ),
  },
  'stale-answers': {
    fault: 'the journal says where it was a moment ago',
    found: ['a read is no older than a write that was acknowledged before it was asked'],
    install: () =>
      replace(
        QueryController.prototype,
        'position',
        (was) =>
          function (this: QueryController, ...given) {
            const answer = call(was, this, given) as { position: number };
            return { ...answer, position: Math.max(0, answer.position - 1) };
          } as Method,
      ),
  },
  'broken-snapshot': {
    fault: 'a snapshot lacks an object',
    found: [
      'a read shows what the log folds to',
      'a projection equals the fold at its position',
      'every projection catches up',
      'after faults, the journal answers',
      'no process fails',
    ],
    install: () =>
      replace(
        SimSnapshots.prototype,
        'load',
        (was) =>
          async function (this: SimSnapshots, ...given) {
            const at = (await call(was, this, given)) as Awaited<ReturnType<SimSnapshots['load']>>;
            const [first] = at?.state.list('configmaps') ?? [];
            if (first !== undefined)
              at?.state.remove('configmaps', first.metadata.namespace ?? '', first.metadata.name);
            return at;
          } as Method,
      ),
  },
  'engine-forgets': {
    fault: 'a kubelet that starts anew does not see what runs already',
    found: ['no two containers run for one pod', 'no container outlives its pod'],
    install: () => replace(FakeRuntime.prototype, 'list', () => (() => Promise.resolve([])) as Method),
  },
  'scheduler-gives-up': {
    fault: 'a scheduler looks at its queue once only',
    found: ['every pod gets a node, and runs'],
    install: () => {
      const seen = new WeakMap<object, number>();
      return replace(
        SchedulingCycle.prototype,
        'advance',
        (was) =>
          function (this: SchedulingCycle, ...given) {
            const times = (seen.get(this) ?? 0) + 1;
            seen.set(this, times);
            return times > 40 ? undefined : call(was, this, given);
          } as Method,
      );
    },
  },
  ...CONTROLLER_MUTATIONS,
};
