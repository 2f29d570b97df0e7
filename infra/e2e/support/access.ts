import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Identity } from '@shiplog/contracts';
import { Home } from '../../launcher/src/home';
import { NatsAccess, type CredentialFiles } from '../../launcher/src/nats/nats-access';
import { ACCOUNT, type NatsUser } from '../../launcher/src/nats/server-config';
import { permissionsOf } from '@shiplog/contracts';
import { HomePki } from '../../launcher/src/pki/home-pki';
import { writeOwn } from '../../launcher/src/runtime-folder';

interface ServerConfig {
  readonly accounts: Readonly<Record<string, { users: { nkey: string; permissions: object }[] }>>;
}

/** The credentials of a running cluster, as files of its home, and who else its NATS server is to let in. */
export class HomeAccess {
  readonly #access: NatsAccess;
  readonly #config: string;

  constructor(private readonly home: string) {
    const folder = new Home(home);
    this.#access = new NatsAccess(folder, new HomePki(folder));
    this.#config = folder.at('nats', 'server.conf');
  }

  /** What lets an identity in that the cluster knows. */
  files(identity: Identity): CredentialFiles {
    return this.#access.files(identity);
  }

  /** The server's own certificate, for who stands in its place. */
  get server(): { readonly certFile: string; readonly keyFile: string; readonly caFile: string } {
    const at = (file: string): string => join(this.home, 'pki', file);
    return { certFile: at('nats.crt'), keyFile: at('nats.key'), caFile: at('ca.crt') };
  }

  /** Gives an identity credentials that the server does not know. */
  async make(identity: Identity): Promise<NatsUser> {
    return { ...identity, nkey: await this.#access.provide(identity) };
  }

  /** Makes credentials for more identities, and writes them into the server's configuration, for it to read. */
  async allow(...identities: readonly Identity[]): Promise<void> {
    const config = JSON.parse(readFileSync(this.#config, 'utf8')) as ServerConfig;
    const { users } = config.accounts[ACCOUNT]!;
    for (const identity of identities) {
      const { nkey } = await this.make(identity);
      users.push({ nkey, permissions: permissionsOf(identity) });
    }
    writeOwn(this.#config, `${JSON.stringify(config, null, 2)}\n`);
  }
}
