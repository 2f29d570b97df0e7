import { sendCommands } from './commands';
import type { Job, Order, Outcomes, Report } from './jobs';
import { applyDeployments, askEach, createMaps, createPods, listAgain } from './rest';
import { watchPods } from './watch';

// A process that makes load: one job after another, so that the measured services' figures are not its own.
let stop: () => void = () => undefined;

process.on('message', (order: Order) => {
  if (order.kind === 'stop') return stop();
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  run(order.job, stopped).then(
    (outcome) => report({ kind: 'done', outcome }),
    (error: unknown) =>
      report({ kind: 'failed', reason: error instanceof Error ? (error.stack ?? '') : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
// A terminal's Ctrl-C reaches every process; the parent ends this one.
process.on('SIGINT', () => undefined);

function run(job: Job, stopped: Promise<void>): Promise<Outcomes[Job['kind']]> {
  switch (job.kind) {
    case 'create':
      return createPods(job);
    case 'create-maps':
      return createMaps(job);
    case 'apply':
      return applyDeployments(job);
    case 'each':
      return askEach(job);
    case 'list':
      return listAgain(job);
    case 'watch':
      return watchPods(job, () => report({ kind: 'ready' }), stopped);
    case 'commands':
      return sendCommands(job);
  }
}

function report(message: Report): void {
  process.send?.(message);
}
