import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ConversionWebhook } from '@shiplog/contracts';
import { WebhookClient as Client } from '@shiplog/webhooks';
import { ClusterCache } from '../../cache/cluster-cache';

/** How long a webhook may take: as long as Kubernetes gives one. */
const TIMEOUT_SECONDS = 30;
/** An answer holds as many objects as a list does; of more nobody could make use. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Asks the webhooks that convert objects. */
@Injectable()
export class WebhookClient implements OnApplicationShutdown {
  readonly #client: Client;

  constructor(cluster: ClusterCache) {
    this.#client = new Client(() => cluster.projection);
  }

  onApplicationShutdown(): Promise<void> {
    return this.#client.close();
  }

  /** The answer's JSON. Throws an error whose message says what was asked, and why there is no answer. */
  post({ clientConfig = {} }: ConversionWebhook, body: unknown): Promise<unknown> {
    const limits = { timeoutSeconds: TIMEOUT_SECONDS, mostBytes: MOST_BYTES };
    return this.#client.post(clientConfig, JSON.stringify(body), limits);
  }
}
