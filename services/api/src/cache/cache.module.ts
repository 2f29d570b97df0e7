import { Module } from '@nestjs/common';
import { ReadBarrier } from './read-barrier';
import { ClusterCache } from './cluster-cache';
import { WatchCache } from './watch-cache';
import { JournalContact } from './journal-contact';
import { HistoricalReads } from './historical-reads';

const PROVIDERS = [ClusterCache, WatchCache, JournalContact, ReadBarrier, HistoricalReads];

/** The api's copy of the cluster: its state, its recent changes, and the way to its past. */
@Module({ providers: PROVIDERS, exports: PROVIDERS })
export class CacheModule {}
