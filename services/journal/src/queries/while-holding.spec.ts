import type { CallHandler, ExecutionContext } from '@nestjs/common';
import { lastValueFrom, Subject } from 'rxjs';
import { ActiveLog, NotActive, type OpenLog } from '../leader/active-log';
import { whileHolding, WhileHolding } from './while-holding';

function activeLog(): { log: ActiveLog; lease: { holds: boolean } } {
  const lease = { holds: true };
  const log = new ActiveLog();
  log.use({ voice: { epoch: 1, holds: () => lease.holds } } as unknown as OpenLog);
  return { log, lease };
}

it('an answer that is found after the lease is over does not go out', async () => {
  const { log, lease } = activeLog();
  const found = new Subject<string>();
  const next: CallHandler = { handle: () => found };
  const answer = lastValueFrom(new WhileHolding(log).intercept({} as ExecutionContext, next));
  lease.holds = false;
  found.next('stale');
  await expect(answer).rejects.toThrow(NotActive);
});

it('a stream goes on while the lease holds, and ends with a failure after', async () => {
  const { log, lease } = activeLog();
  const written: string[] = [];
  const write = (chunk: Uint8Array): Promise<void> => (written.push(Buffer.from(chunk).toString()), Promise.resolve());
  const sink = whileHolding(log, { write, signal: new AbortController().signal });
  await sink.write(Buffer.from('current'));
  lease.holds = false;
  await expect(sink.write(Buffer.from('stale'))).rejects.toThrow(NotActive);
  expect(written).toEqual(['current']);
});
