import type { Credentials } from '@shiplog/bus';
import { Home } from './home';
import { type Layout, layoutOf } from './layout';
import { HomePki } from './pki/home-pki';
import { ProcessRecords } from './processes/records';
import { Registry } from './processes/registry';
import { NatsAccess } from './nats/nats-access';
import { OPERATOR } from './nats/identities';
import type { OwnNats } from './nats/nats';
import { HealthView } from './services/health-view';
import type { LauncherSettings } from './settings';

/**
 * How pods run: in minions of their own network namespaces and engines, all on the one engine that the user has, or on hollow
 * nodes alone, where nothing runs.
 */
export type Mode = { kind: 'minions' } | { kind: 'own-engine'; dockerHost: string } | { kind: 'hollow' };

/** Everything the steps of a start share. Steps fill in what later ones need. */
export class Cluster {
  readonly home: Home;
  readonly pki: HomePki;
  readonly natsAccess: NatsAccess;
  /** The server that this launcher runs, if it does. */
  ownNats: OwnNats | undefined;
  readonly layout: Layout;
  readonly registry: Registry;
  mode: Mode = { kind: 'minions' };
  natsUrl = '';
  /** The log's database, for the journal. */
  databaseUrl = '';
  /** The same as the role that owns it: for what readies or measures it. */
  ownerDatabaseUrl = '';
  /** Where the sample's page is, once it works. */
  sampleUrl: string | undefined;
  private view: Promise<HealthView> | undefined;

  constructor(
    readonly settings: LauncherSettings,
    /** Shown to the user at once. */
    readonly tell: (sentence: string) => void,
  ) {
    this.home = new Home(settings.home);
    this.pki = new HomePki(this.home);
    this.natsAccess = new NatsAccess(this.home, this.pki);
    this.layout = layoutOf(settings);
    this.registry = new Registry(new ProcessRecords(this.home.records), tell);
  }

  /** The bus seen by an operator; NATS must have been started. */
  health(): Promise<HealthView> {
    this.view ??= HealthView.open(this.natsUrl, this.operatorCredentials);
    return this.view;
  }

  /** Ends the launcher's own connections, so that the process can end. */
  async close(): Promise<void> {
    await (await this.view)?.close();
  }

  /** What lets the launcher into the NATS server that it runs; a user's own server is given what the URL holds. */
  get operatorCredentials(): Credentials | undefined {
    return this.settings.natsUrl === undefined ? this.natsAccess.files(OPERATOR) : undefined;
  }

  get apiUrl(): string {
    return `https://127.0.0.1:${this.settings.apiPort}`;
  }

  /** Where minions reach this host. */
  get hostAddress(): string {
    return this.mode.kind === 'minions' ? this.layout.hostAddress : '127.0.0.1';
  }
}

/** One thing that a start does. */
export interface Step {
  readonly title: string;
  /**
   * @param say shows what is being done, beside the title
   * @returns what came of it, in a few words
   */
  run(cluster: Cluster, say: (text: string) => void): Promise<string>;
}
