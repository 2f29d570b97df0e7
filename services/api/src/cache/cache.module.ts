import { Module } from '@nestjs/common';
import { ReadBarrier } from './barrier';
import { ClusterView } from './cluster-view';
import { Hub } from './hub';
import { JournalContact } from './journal-contact';
import { Versions } from './versions';

const PROVIDERS = [ClusterView, Hub, JournalContact, ReadBarrier, Versions];

/** The api's copy of the cluster: its state, its recent changes, and the way to its past. */
@Module({ providers: PROVIDERS, exports: PROVIDERS })
export class CacheModule {}
