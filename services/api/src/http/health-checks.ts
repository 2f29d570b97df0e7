import { Inject, Injectable } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { BUS } from '@shiplog/service';
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
    {
      name: 'shutdown',
      problem: () => (this.stopping.signal.aborted ? 'the server is stopping' : undefined),
      readinessOnly: true,
    },
  ];

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    private readonly cluster: ClusterCache,
    private readonly contact: JournalContact,
    private readonly stopping: Stopping,
  ) {}
}
