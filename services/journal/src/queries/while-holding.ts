import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { StreamSink } from '@shiplog/bus';
import { map, type Observable } from 'rxjs';
import { ActiveLog } from '../leader/active-log';

/**
 * Lets an answer out only under the lease under which its question came: a journal that was deposed while it looked
 * something up must not answer after its successor has.
 */
@Injectable()
export class WhileHolding implements NestInterceptor {
  constructor(private readonly log: ActiveLog) {}

  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    const check = this.log.guard();
    return next.handle().pipe(
      map((answer: unknown) => {
        check();
        return answer;
      }),
    );
  }
}

/** A stream that ends with a failure when the lease is over. */
export function whileHolding(log: ActiveLog, sink: StreamSink): StreamSink {
  const check = log.guard();
  return {
    signal: sink.signal,
    write: async (chunk) => {
      check();
      await sink.write(chunk);
    },
  };
}
