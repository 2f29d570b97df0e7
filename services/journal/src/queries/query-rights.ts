import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { StatusError } from '@shiplog/contracts';
import { BusMessage, StreamContext } from '@shiplog/bus';
import { authoriseQuery, type Asked } from '@shiplog/cluster';
import { ActiveLog } from '../leader/active-log';

/** Lets a question through if its sender, for whom NATS vouches, may have it answered. Throws StatusError: 403. */
@Injectable()
export class QueryRights implements CanActivate {
  constructor(private readonly log: ActiveLog) {}

  canActivate(context: ExecutionContext): boolean {
    const rpc = context.switchToRpc();
    const given: BusMessage | StreamContext = rpc.getContext();
    const { subject, principal } = given instanceof StreamContext ? given.message : given;
    if (principal === undefined) return false;
    const asked = { name: subject.slice(subject.lastIndexOf('.') + 1), payload: rpc.getData<unknown>() } as Asked;
    const forbidden = authoriseQuery(this.log.open.writer.state, principal, asked);
    if (forbidden !== undefined) throw new StatusError(forbidden);
    return true;
  }
}
