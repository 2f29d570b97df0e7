import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuiltIn, StoredObject } from '@shiplog/contracts';
import { makeSigningKeys } from '@shiplog/pki';
import { pino } from 'pino';
import type { ClusterCache } from '../../cache/cluster-cache';
import { AccountAuthenticator } from '../service-accounts/account-authenticator';
import { AccountTokens } from '../service-accounts/account-tokens';
import { TokenRequests } from '../service-accounts/token-requests';

export const ISSUER = 'https://kubernetes.default.svc.cluster.local';
export const NOW = Date.parse('2026-11-27T09:00:00Z');

/** Service accounts, their tokens, and a clock that the test sets. */
export class AccountWorld {
  now = NOW;
  readonly #objects = new Map<string, StoredObject>();
  readonly cluster: ClusterCache;
  readonly tokens: AccountTokens;
  readonly requests: TokenRequests;
  readonly authenticator: AccountAuthenticator;
  readonly #folder = mkdtempSync(join(tmpdir(), 'shiplog-accounts-'));

  constructor() {
    const accountKeyFile = join(this.#folder, 'sa.key');
    writeFileSync(accountKeyFile, makeSigningKeys().privateKey, { mode: 0o600 });
    const config = { accountKeyFile, accountPublicKeysFile: '', accountIssuer: ISSUER, apiAudiences: '' };
    const clock = { now: () => this.now };
    const get = (...key: string[]): StoredObject | undefined => this.#objects.get(key.join(' '));
    // It knows the log up to here.
    const waitFor = (position: number) => (position <= 7 ? Promise.resolve() : Promise.reject(new Error('behind')));
    const cluster = (this.cluster = { projection: { get, waitFor } } as unknown as ClusterCache);
    this.tokens = new AccountTokens(config, pino({ level: 'silent' }));
    this.requests = new TokenRequests(this.tokens, cluster, clock);
    this.authenticator = new AccountAuthenticator(this.tokens, cluster, clock);
  }

  /** The key that signs, PEM. */
  get privateKey(): string {
    return readFileSync(join(this.#folder, 'sa.key'), 'utf8');
  }

  put(
    resource: BuiltIn,
    namespace: string,
    name: string,
    uid: string,
    fields: object = {},
    metadata: object = {},
  ): void {
    const place = namespace === '' ? {} : { namespace };
    const object = { metadata: { name, ...place, uid, resourceVersion: '1', ...metadata }, ...fields };
    this.#objects.set([resource, namespace, name].join(' '), object as unknown as StoredObject);
  }

  take(resource: BuiltIn, namespace: string, name: string): void {
    this.#objects.delete([resource, namespace, name].join(' '));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
