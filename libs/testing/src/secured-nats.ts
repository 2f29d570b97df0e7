import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bus, Credentials, ErrorSink } from '@shiplog/bus';
import { addressOf, permissionsOf, type Identity } from '@shiplog/contracts';
import { issue, makeAuthority, type CertificatePair, type Term } from '@shiplog/pki';
import { nkeys } from 'nats';
import { TestNats } from './nats';

const HOST = '127.0.0.1';

/**
 * A NATS server as a cluster has it: TLS with certificates on both sides, and nobody is let in but the identities that it
 * was started for, each with its own nkey and the permissions of its role.
 */
export class SecuredNats {
  private constructor(
    readonly server: TestNats,
    private readonly directory: string,
  ) {}

  static async start(identities: readonly Identity[]): Promise<SecuredNats> {
    const directory = await mkdtemp(join(tmpdir(), 'shiplog-secured-'));
    const term: Term = { days: 1, now: Date.now() };
    const authority = await makeAuthority('shiplog-test', term);
    const server = await issue(authority, { commonName: 'nats', names: [HOST], usage: ['server'], ...term });
    const files = await writePair(join(directory, 'server'), server, authority);
    const users = await Promise.all(
      identities.map(async (identity) => {
        const own = await issue(authority, { commonName: identity.role, usage: ['client'], ...term });
        const { seedFile } = await writePair(folderOf(directory, identity), own, authority);
        const key = nkeys.createUser();
        await writeFile(seedFile, key.getSeed(), { mode: 0o600 });
        return { nkey: key.getPublicKey(), permissions: permissionsOf(identity) };
      }),
    );
    const config = {
      tls: { cert_file: files.certFile, key_file: files.keyFile, ca_file: files.caFile, verify: true, timeout: 5 },
      accounts: { SHIPLOG: { jetstream: 'enabled', users } },
    };
    return new SecuredNats(await TestNats.start(JSON.stringify(config, undefined, 1)), directory);
  }

  get url(): string {
    return this.server.url.replace('nats://', 'tls://');
  }

  /** The files of an identity. */
  credentialsOf(identity: Identity): Required<Credentials> {
    return filesIn(folderOf(this.directory, identity));
  }

  /** A connection with an identity's own credentials; it ends with the server. */
  bus(identity: Identity, options: { onError?: ErrorSink } = {}): Promise<Bus> {
    const credentials = this.credentialsOf(identity);
    return this.server.bus(addressOf(identity), identity, { url: this.url, credentials, ...options });
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function folderOf(directory: string, identity: Identity): string {
  return join(directory, addressOf(identity));
}

function filesIn(folder: string): Required<Credentials> {
  const [caFile, certFile, keyFile, seedFile] = ['ca.crt', 'own.crt', 'own.key', 'own.nk'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  return { caFile, certFile, keyFile, seedFile };
}

async function writePair(
  folder: string,
  own: CertificatePair,
  authority: CertificatePair,
): Promise<Required<Credentials>> {
  const files = filesIn(folder);
  await mkdir(folder);
  await writeFile(files.caFile, authority.certificate);
  await writeFile(files.certFile, own.certificate);
  await writeFile(files.keyFile, own.key, { mode: 0o600 });
  return files;
}
