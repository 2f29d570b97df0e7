import { Inject, Injectable } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { BUS, HEALTH, type Health } from '@shiplog/service';
import { ClusterCache } from '../cache/cluster-cache';
import { JournalContact } from '../cache/journal-contact';
import { Stopping } from '../common/stopping';
import type { Check } from './health-pages';

/** What the api's health depends on. */
@Injectable()
export class HealthChecks {
  readonly all: readonly Check[] = [
    { name: 'ping', problem: () => undefined },
    { name: 'projection', problem: () => (this.cluster.isOpen ? undefined : 'still reading the log') },
    { name: 'bus', problem: () => (this.bus.connection.isClosed() ? 'not connected' : undefined) },
    { name: 'journal', problem: () => this.contact.staleReason() },
    // Until what every cluster has is there, also the rights of its users.
    { name: 'start', problem: () => this.health.problem, readinessOnly: true },
    {
      name: 'shutdown',
      problem: () => (this.stopping.signal.aborted ? 'the server is stopping' : undefined),
      readinessOnly: true,
    },
  ];

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(HEALTH) private readonly health: Pick<Health, 'problem'>,
    private readonly cluster: ClusterCache,
    private readonly contact: JournalContact,
    private readonly stopping: Stopping,
  ) {}
}
