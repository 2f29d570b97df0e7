import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AskedQuestions, decideConnection, restlessCluster } from '@shiplog/admission';
import { StatusError } from '@shiplog/contracts';
import { LOGGER } from '@shiplog/service';
import { WebhookAsker, WebhookClient } from '@shiplog/webhooks';
import type { Logger } from 'pino';
import { ClusterCache } from '../../cache/cluster-cache';
import { untilLeft, type Leaving } from '../../common/leaving';
import { Stopping } from '../../common/stopping';
import { connectRequest, withConnectOptions } from '../../rest/connect-options';
import type { ResourceRequest } from '../../rest/request';

/** A request to connect that may be carried out. */
export interface AdmittedConnection {
  /** As it is to be carried out: with what mutating webhooks made of its options. */
  readonly request: ResourceRequest;
  /** What the client should be told beside. */
  readonly warnings: readonly string[];
}

/** A failure of a connection that was admitted: the client is told what it should be told anyway. */
export function warned(error: unknown, warnings: readonly string[]): unknown {
  if (!(error instanceof StatusError) || warnings.length === 0) return error;
  return new StatusError(error.status, [...warnings, ...error.warnings]);
}

/**
 * Asks policies and webhooks whether somebody may connect to something (exec, attach, port-forward, proxy), before anything of it is
 * begun. Webhooks are asked as the journal asks them, with the same limits; an api's calls are its own.
 */
@Injectable()
export class ConnectAdmission implements OnApplicationShutdown {
  readonly #client: WebhookClient;
  readonly #asker: WebhookAsker;

  constructor(
    private readonly cluster: ClusterCache,
    private readonly stopping: Stopping,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#client = new WebhookClient(() => cluster.projection);
    this.#asker = new WebhookAsker(this.#client, logger);
  }

  onApplicationShutdown(): Promise<void> {
    return this.#client.close();
  }

  /**
   * Throws StatusError, with warnings for the client, where the connection is denied; 503 when the api stops meanwhile, 504 when the client
   * has left.
   * @param leaving tells when the client leaves: only listened to while webhooks are asked
   */
  async admit(request: ResourceRequest, leaving: Leaving): Promise<AdmittedConnection> {
    const about = connectRequest(request);
    const asked = new AskedQuestions();
    for (;;) {
      const warnings: string[] = [];
      const { state, position } = this.cluster.projection;
      const decision = decideConnection(state, about, asked.answers, warnings);
      switch (decision.kind) {
        case 'denied':
          throw new StatusError(decision.status, warnings);
        case 'allowed': {
          const { changed } = decision;
          return { request: changed === undefined ? request : withConnectOptions(request, changed), warnings };
        }
        case 'asking': {
          const { questions } = decision;
          if (!asked.mayAsk(questions)) throw new StatusError(restlessCluster(), warnings);
          const ask = (signal: AbortSignal) => this.#asker.ask(questions, position, signal);
          asked.take(await untilLeft(leaving, this.stopping.signal, ask));
        }
      }
    }
  }
}
