import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Credentials } from '@shiplog/bus';
import { addressOf, type Identity } from '@shiplog/contracts';
import type { SystemUser } from '@shiplog/postgres';
import { LauncherFailure, sentenceOf } from '../failure';
import { type Home, shellPath } from '../home';
import type { HomePki } from '../pki/home-pki';
import { makeOwnFolder, writeOwn } from '../runtime-folder';
import { letRead } from '../services/service-user';
import { makeNkey, nkeyOf } from './nkeys';

/** Credentials that are there as files. */
export type CredentialFiles = Required<Credentials>;

/** Where the processes of this machine keep what lets them into NATS: a folder each, for that process alone. */
export class NatsAccess {
  readonly #users = new Map<string, SystemUser>();

  constructor(
    private readonly home: Home,
    private readonly pki: HomePki,
  ) {
    // What was made anew is for root alone.
    pki.onRenewed(() => this.#users.forEach((user, folder) => give(folder, user)));
  }

  /** The files of an identity, whether or not they are there. */
  files(identity: Identity): CredentialFiles {
    const at = (file: string): string => this.home.at('credentials', addressOf(identity), file);
    return { caFile: at('ca.crt'), certFile: at('tls.crt'), keyFile: at('tls.key'), seedFile: at('seed.nk') };
  }

  /**
   * Makes what an identity lacks, or what is due; answers the public half of its key.
   * @throws LauncherFailure when what is kept can't be used
   */
  async provide(identity: Identity): Promise<string> {
    const { caFile, seedFile } = this.files(identity);
    makeOwnFolder(this.home.at('credentials'), 0o711);
    makeOwnFolder(this.#folder(identity));
    const bearer = { commonName: addressOf(identity), usage: ['client' as const] };
    const { authority } = await this.pki.kept('tls', bearer, this.#folder(identity));
    copyFileSync(authority, caFile);
    if (!existsSync(seedFile)) writeOwn(seedFile, `${makeNkey().seed}\n`);
    try {
      return nkeyOf(readFileSync(seedFile, 'utf8'));
    } catch (error) {
      throw new LauncherFailure(
        `The nkey in ${seedFile} can't be used: ${sentenceOf(error)}.`,
        `rm ${shellPath(seedFile)} && npm start`,
      );
    }
  }

  /** Keeps what a machine that joined was given. */
  keep(identity: Identity, given: { seed: string; certificate: string; key: string; authority: string }): void {
    const files = this.files(identity);
    mkdirSync(this.home.folder, { recursive: true });
    makeOwnFolder(this.home.at('credentials'), 0o711);
    makeOwnFolder(this.#folder(identity));
    writeOwn(files.seedFile, `${given.seed}\n`);
    writeOwn(files.keyFile, given.key);
    writeOwn(files.certFile, given.certificate);
    writeOwn(files.caFile, given.authority);
  }

  /** Lets the user that an identity's process runs as read its folder. It stays root's, who renews what is in it. */
  handTo(identity: Identity, user: SystemUser): void {
    const folder = this.#folder(identity);
    this.#users.set(folder, user);
    give(folder, user);
  }

  #folder(identity: Identity): string {
    return join(this.home.folder, 'credentials', addressOf(identity));
  }
}

function give(folder: string, user: SystemUser): void {
  letRead(user, folder, ...readdirSync(folder).map((file) => join(folder, file)));
}

/** Credentials as a service's settings. */
export function credentialSettings(files: CredentialFiles): Record<string, string> {
  return {
    NATS_CA: files.caFile,
    NATS_CERT: files.certFile,
    NATS_KEY: files.keyFile,
    NATS_SEED_FILE: files.seedFile,
  };
}
