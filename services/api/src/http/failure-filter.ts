import { Inject, Injectable } from '@nestjs/common';
import { StatusError } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { statusAnswer, type BodyAnswer } from '../rest/answer';
import { withWarnings } from '../rest/warning-header';
import { statusOfFailure } from '../common/failures';

/** What a client is told when its request fails. */
@Injectable()
export class FailureFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  /** The Status of a failure; a defect is logged, and told without its details. */
  answerTo(error: unknown, { method, path }: { readonly method: string; readonly path: string }): BodyAnswer {
    const status = statusOfFailure(error);
    if (status !== undefined) {
      return withWarnings(statusAnswer(status), error instanceof StatusError ? error.warnings : []);
    }
    this.logger.error({ err: error, method, path }, 'a request could not be answered');
    return statusAnswer(statusOf.internal(error instanceof Error ? error.message : 'unknown'));
  }
}
