import { readFileSync } from 'node:fs';
import { Inject, Injectable } from '@nestjs/common';
import { newCommandId, type Bus } from '@shiplog/bus';
import { serviceActor, type AnyCommand, type ObjectOf, type StoredObject } from '@shiplog/contracts';
import { BUS, CONFIG, ConfigError, LOGGER } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { AccountTokens } from '../../authentication/service-accounts/account-tokens';
import { ClusterCache } from '../../cache/cluster-cache';
import { Clock } from '../../common/clock';
import { Stopping } from '../../common/stopping';
import type { ApiConfig } from '../../settings';
import { accountNameOf, decideTokenSecret } from './decide/token-secret';

const ACTOR = serviceActor('api');
const BACK_OFF = { firstMs: 1_000, longestMs: 30_000 };
/** The token of a Secret ends with it: as long as any may be good, in seconds. */
const SECONDS = 2 ** 32;

/** Who wrote first has done it: two apis may see to one Secret, and users to the same. */
const OVERTAKEN: readonly (string | undefined)[] = ['Conflict', 'NotFound'];

/**
 * Fills Secrets of the type `kubernetes.io/service-account-token`, and removes them with their account. Only an api has the key
 * that signs tokens, and no controller may write what is in a Secret: so it is done here, by each api.
 */
@Injectable()
export class TokenSecrets {
  /** Secrets to look at, as `namespace/name`, with the position of what made them so. */
  readonly #due = new Map<string, number>();
  readonly #authority: string;
  readonly #loop: SyncLoop;

  /** Throws ConfigError for an authority that can't be read. */
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIG) config: Pick<ApiConfig, 'rootCaFile'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly cluster: ClusterCache,
    private readonly tokens: AccountTokens,
    private readonly clock: Clock,
    private readonly stopping: Stopping,
  ) {
    this.#authority = authorityIn(config.rootCaFile);
    this.#loop = new SyncLoop({
      run: () => this.#run(),
      backOff: BACK_OFF,
      onError: (error) => logger.warn({ err: error }, 'could not see to the tokens in Secrets; trying again'),
    });
  }

  /** Sees to all Secrets that there are, and from then on to what changes. The log must have been read. */
  begin(): void {
    const { projection } = this.cluster;
    this.stopping.signal.addEventListener('abort', () => void this.#loop.stop(), { once: true });
    projection.onApplied((batch) => {
      for (const { event, after } of batch) {
        if (event.resource === 'secrets' && after !== undefined)
          this.#add([after as ObjectOf<'secrets'>], event.position);
        const isAccount = event.resource === 'serviceaccounts' && (after === undefined || event.fact === 'Created');
        if (isAccount) this.#add(projection.list('secrets', event.namespace), event.position);
      }
    });
    const all = (): void => this.#add(projection.list('secrets', ''), undefined);
    projection.onReloaded(all);
    all();
  }

  #add(secrets: readonly ObjectOf<'secrets'>[], position: number | undefined): void {
    const ours = secrets.filter((secret) => accountNameOf(secret) !== undefined);
    for (const { metadata } of ours) {
      this.#due.set(`${metadata.namespace}/${metadata.name}`, position ?? Number(metadata.resourceVersion));
    }
    if (ours.length > 0) this.#loop.wake();
  }

  /** What could not be sent stays due. */
  async #run(): Promise<void> {
    for (const [key, cause] of this.#due) {
      const [namespace = '', name = ''] = key.split('/');
      await this.#see(namespace, name, cause);
      if (this.#due.get(key) === cause) this.#due.delete(key);
    }
  }

  async #see(namespace: string, name: string, cause: number): Promise<void> {
    const { projection } = this.cluster;
    const secret = projection.get('secrets', namespace, name);
    if (secret === undefined) return;
    const account = projection.get('serviceaccounts', namespace, accountNameOf(secret) ?? '');
    const decision = decideTokenSecret({ secret, account, authority: this.#authority });
    if (decision.kind === 'none') return;
    const step =
      decision.kind === 'delete'
        ? decision.command
        : decision.command(decision.isTokenMissing ? await this.#sign(secret, decision.account) : '');
    const reply = await this.bus.command({ id: newCommandId(), actor: ACTOR, cause, ...step } as AnyCommand);
    if (reply.ok || OVERTAKEN.includes(reply.status.reason)) return;
    this.logger.warn({ namespace, name, status: reply.status }, 'the token of a Secret could not be seen to');
  }

  #sign({ metadata: secret }: StoredObject, { metadata: account }: StoredObject): Promise<string> {
    return this.tokens.sign({
      audiences: this.tokens.audiences,
      namespace: secret.namespace ?? '',
      account: { name: account.name, uid: account.uid },
      bound: { secret: { name: secret.name, uid: secret.uid } },
      now: this.clock.now(),
      seconds: SECONDS,
    });
  }
}

function authorityIn(path: string): string {
  try {
    return path === '' ? '' : readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`ROOT_CA_FILE is "${path}", which can't be read: ${String(error)}`);
  }
}
