import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { StatusError } from '@shiplog/contracts';
import { BusMessage, StreamBroken, StreamContext } from '@shiplog/bus';
import type { Logger } from 'pino';
import { throwError, type Observable } from 'rxjs';
import { LOGGER } from './tokens';

/**
 * Hands what a handler throws on to the transport, which answers with it as a Status: Nest's own filter would put an
 * unknown error in its place. What isn't a Status by itself is a defect, and logged; a
 * reader that leaves its stream is none.
 */
@Catch()
export class StatusFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(exception: unknown, host: ArgumentsHost): Observable<never> {
    if (!(exception instanceof StatusError || exception instanceof StreamBroken)) {
      this.logger.error({ err: exception, subject: subjectOf(host) }, 'a message could not be answered');
    }
    return throwError(() => exception);
  }
}

function subjectOf(host: ArgumentsHost): string | undefined {
  const context: unknown = host.switchToRpc().getContext();
  if (context instanceof BusMessage) return context.subject;
  return context instanceof StreamContext ? context.message.subject : undefined;
}
