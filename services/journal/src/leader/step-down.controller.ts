import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ProcessRequest } from '@shiplog/bus';
import { StepDown, type PayloadOf } from '@shiplog/contracts';
import { ActiveLog } from './active-log';

/** Answers a successor: this journal says nothing any more that was not said before the answer. */
@Controller()
export class StepDownController {
  constructor(private readonly log: ActiveLog) {}

  @ProcessRequest(StepDown, { whileLeading: true })
  stepDown(@Payload() { epoch }: PayloadOf<typeof StepDown>): Record<string, never> {
    this.log.supersede(epoch);
    return {};
  }
}
