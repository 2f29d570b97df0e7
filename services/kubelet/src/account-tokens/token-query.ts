import { Inject, Injectable } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { AccountToken, type ServiceAccountTokenProjection } from '@shiplog/contracts';
import { BUS } from '@shiplog/service';
import type { Pod } from '../domain/pod';

/** How long an api may leave one question unanswered, in milliseconds; then it is asked again, ever less often. */
const ASK_TIMEOUT_MS = 5_000;
/** As admission fills it in. */
const SECONDS = 3_600;

/** What a projection asks for. */
export type TokenDemand = Pick<ServiceAccountTokenProjection, 'audience' | 'expirationSeconds'>;

/** How long the token of a projection is to be good, in seconds. */
export function secondsOf({ expirationSeconds = SECONDS }: TokenDemand): number {
  return expirationSeconds;
}

/** Asks the apis for tokens of pods' service accounts. */
@Injectable()
export class TokenQuery {
  constructor(@Inject(BUS) private readonly bus: Pick<Bus, 'ask'>) {}

  /** A new token. Throws when the api is away, refuses or fails. */
  async ask({ metadata }: Pod, demand: TokenDemand): Promise<string> {
    const { namespace = '', name, uid, resourceVersion } = metadata;
    const { audience } = demand;
    const question = {
      namespace,
      name,
      uid,
      ...(audience === undefined || audience === '' ? {} : { audience }),
      expirationSeconds: secondsOf(demand),
      position: Number(resourceVersion),
    };
    return (await this.bus.ask(AccountToken, question, {}, { timeoutMs: ASK_TIMEOUT_MS })).token;
  }
}
