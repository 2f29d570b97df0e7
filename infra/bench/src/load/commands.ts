import { connectBus, newCommandId, type Bus } from '@shiplog/bus';
import type { AnyCommand, KubeObject } from '@shiplog/contracts';
import { Tally } from './clients';
import type { Job, Rate } from './jobs';
import { monotonicMicroseconds, podOf } from './pod';

/** Creates pods by commands on the bus: what any program on NATS may do. So many wait for their answers at any time. */
export async function sendCommands(job: Extract<Job, { kind: 'commands' }>): Promise<Rate> {
  const unawaited: string[] = [];
  const onError = (error: unknown, where: string) => unawaited.push(`${where}: ${String(error)}`);
  const bus = await connectBus({ ...job.nats, onError });
  const tally = new Tally();
  const until = performance.now() + job.seconds * 1_000;
  await Promise.all(Array.from({ length: job.inFlight }, (_, lane) => runLane(bus, job, lane, until, tally)));
  const rate = tally.rate();
  await bus.close();
  return { ...rate, errors: rate.errors + unawaited.length, firstError: rate.firstError ?? unawaited[0] };
}

async function runLane(
  bus: Bus,
  job: Extract<Job, { kind: 'commands' }>,
  lane: number,
  until: number,
  tally: Tally,
): Promise<void> {
  const { namespace, prefix } = job;
  let made = 0;
  for (let now = performance.now(); now < until;) {
    const object = podOf(`${prefix}-${lane}-${made++}`, monotonicMicroseconds()) as KubeObject;
    const reply = await bus.command({
      id: newCommandId(),
      type: 'CreateObject',
      actor: job.nats.identity.name,
      data: { resource: 'pods', namespace, object },
    } satisfies AnyCommand);
    const then = performance.now();
    if (reply.ok) tally.good(then - now);
    else tally.bad(reply.status.message ?? 'refused');
    now = then;
  }
}
