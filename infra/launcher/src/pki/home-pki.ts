import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Bearer,
  type CertificatePair,
  DAY_MS,
  type Fault,
  isDue,
  isFor,
  issue,
  makeAuthority,
  type PairPaths,
  readAuthority,
  readPair,
  settlePair,
  SKEW_MS,
  termOf,
  UnusableFile,
  writePair,
} from '@shiplog/pki';
import { LauncherFailure, sentenceOf } from '../failure';
import { type Home, shellPath } from '../home';

/** Clients embed the authority's certificate, so that it must not change under them. */
const AUTHORITY_DAYS = 3650;
/** Renewed when two thirds are over, at a start or while the launcher runs. */
const BEARER_DAYS = 90;
/** What a certificate of the cluster's own authority may suffer without a word: another is made. */
const REMADE: ReadonlySet<Fault> = new Set(['missing', 'expired', 'early']);
const HOUR_MS = 3_600_000;

/** Where a process finds its certificate, its key, and the authority's certificate. */
export interface KeptCertificate extends PairPaths {
  readonly authority: string;
}

/** The certificates of a cluster's home (`pki/`): its authority, and those that it issues to the cluster's processes. */
export class HomePki {
  private made: Promise<CertificatePair> | undefined;
  private clients: Promise<CertificatePair> | undefined;
  private readonly wanted = new Map<string, { bearer: Bearer; paths: PairPaths }>();
  private readonly listeners: ((names: readonly string[]) => void)[] = [];

  /** @param now milliseconds since 1970 */
  constructor(
    private readonly home: Home,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * The authority of the cluster: made at first use and kept.
   * @throws LauncherFailure when the kept one can't be used
   */
  authority(): Promise<CertificatePair> {
    this.made ??= this.keptAuthority('ca', 'shiplog-ca');
    return this.made;
  }

  /**
   * The authority of the API's clients, in `pki/client-ca.crt` and `.key`: another one, whose key signs requests of users and
   * makes nobody a process of the cluster.
   * @throws LauncherFailure when the kept one can't be used
   */
  clientAuthority(): Promise<CertificatePair> {
    this.clients ??= this.keptAuthority('client-ca', 'shiplog-client-ca');
    return this.clients;
  }

  /**
   * The certificate of a process, in `pki/<name>.crt` and `.key` (or in another folder): made, or made again when it is
   * due, lives longer than what is issued today, or isn't for this bearer. From then on {@link renewDue} looks after it.
   * @throws LauncherFailure when what is kept can't be used
   */
  async kept(name: string, bearer: Bearer, folder = this.home.at('pki')): Promise<KeptCertificate> {
    const paths = pathsIn(folder, name);
    this.wanted.set(bearer.commonName, { bearer, paths });
    await this.provide(paths, bearer);
    return { ...paths, authority: this.paths('ca').certificate };
  }

  /** Renews what is due among the certificates asked for so far, and tells who wants to know; answers the names of their bearers. */
  async renewDue(): Promise<string[]> {
    const renewed: string[] = [];
    try {
      for (const [name, { bearer, paths }] of this.wanted) if (await this.provide(paths, bearer)) renewed.push(name);
    } finally {
      if (renewed.length > 0) for (const listener of this.listeners) listener(renewed);
    }
    return renewed;
  }

  /** Calls a listener whenever {@link renewDue} has replaced certificates: for processes that must be told to read them. */
  onRenewed(listener: (names: readonly string[]) => void): void {
    this.listeners.push(listener);
  }

  private async keptAuthority(name: string, commonName: string): Promise<CertificatePair> {
    const paths = this.paths(name);
    settlePair(paths);
    if (existsSync(paths.certificate) || existsSync(paths.key)) return this.readKept(paths);
    const pair = await makeAuthority(commonName, { days: AUTHORITY_DAYS, now: this.now() });
    writePair(paths, pair);
    return pair;
  }

  private readKept(paths: PairPaths): CertificatePair {
    try {
      return readAuthority(paths, this.now());
    } catch (error) {
      const sentence = `The cluster's certificate authority can't be used: ${sentenceOf(error)}.`;
      if (error instanceof UnusableFile && error.fault === 'early')
        throw new LauncherFailure(sentence, "set this machine's clock");
      throw new LauncherFailure(
        `${sentence} With a new one, kubeconfigs and machines that joined have to be given it.`,
        `rm -r ${shellPath(this.home.at('pki'))} && npm start`,
      );
    }
  }

  /** @returns whether a certificate was made */
  private async provide(paths: PairPaths, bearer: Bearer): Promise<boolean> {
    const authority = await this.authority();
    settlePair(paths);
    const pair = this.usable(paths, authority);
    if (pair !== undefined && this.suits(pair.certificate, bearer)) return false;
    writePair(paths, await issue(authority, { ...bearer, days: BEARER_DAYS, now: this.now() }));
    return true;
  }

  /** What is kept; undefined when there is none, or its time is over: then another is made without a question. */
  private usable(paths: PairPaths, authority: CertificatePair): CertificatePair | undefined {
    try {
      return readPair(paths, { authority: authority.certificate, now: this.now() });
    } catch (error) {
      if (error instanceof UnusableFile && REMADE.has(error.fault)) return undefined;
      throw new LauncherFailure(
        `A kept certificate can't be used: ${sentenceOf(error)}.`,
        `rm ${shellPath(paths.certificate)} ${shellPath(paths.key)} && npm start`,
      );
    }
  }

  private suits(certificate: string, bearer: Bearer): boolean {
    const { from, to } = termOf(certificate);
    const isLong = to - from > BEARER_DAYS * DAY_MS + SKEW_MS;
    return !isLong && !isDue(certificate, this.now()) && isFor(certificate, bearer);
  }

  private paths(name: string): PairPaths {
    return pathsIn(this.home.at('pki'), name);
  }
}

function pathsIn(folder: string, name: string): PairPaths {
  return { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
}

/**
 * Looks every hour whether a certificate is due, as long as the process lives. What goes wrong is told, and tried again an
 * hour later.
 */
export function renewHourly(pki: HomePki, tell: (sentence: string) => void): void {
  const look = async (): Promise<void> => {
    try {
      const names = await pki.renewDue();
      if (names.length > 0) tell(`renewed the certificates of ${names.join(', ')}`);
    } catch (error) {
      tell(`certificates could not be renewed: ${sentenceOf(error)}`);
    }
  };
  setInterval(() => void look(), HOUR_MS).unref();
}
