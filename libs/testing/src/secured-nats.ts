import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bus, ErrorSink } from '@shiplog/bus';
import { addressOf, permissionsOf, type Identity } from '@shiplog/contracts';
import { nkeys } from 'nats';
import { TestNats } from './nats';

/** A NATS server that lets in the identities that it was started for only, each with its own nkey and permissions. */
export class SecuredNats {
  private constructor(
    readonly server: TestNats,
    private readonly directory: string,
  ) {}

  static async start(identities: readonly Identity[]): Promise<SecuredNats> {
    const directory = await mkdtemp(join(tmpdir(), 'shiplog-nkeys-'));
    const users: object[] = [];
    for (const identity of identities) {
      const key = nkeys.createUser();
      await writeFile(seedFile(directory, identity), key.getSeed(), { mode: 0o600 });
      users.push({ nkey: key.getPublicKey(), permissions: permissionsOf(identity) });
    }
    // JSON is a configuration, too.
    const accounts = { SHIPLOG: { jetstream: 'enabled', users } };
    return new SecuredNats(await TestNats.start(`accounts: ${JSON.stringify(accounts, undefined, 1)}`), directory);
  }

  get url(): string {
    return this.server.url;
  }

  /** The file of an identity's seed. */
  seedOf(identity: Identity): string {
    return seedFile(this.directory, identity);
  }

  /** A connection with an identity's own credentials; it ends with the server. */
  bus(identity: Identity, options: { onError?: ErrorSink } = {}): Promise<Bus> {
    return this.server.bus(addressOf(identity), identity, {
      credentials: { seedFile: this.seedOf(identity) },
      ...options,
    });
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function seedFile(directory: string, identity: Identity): string {
  return join(directory, `${addressOf(identity)}.nk`);
}
