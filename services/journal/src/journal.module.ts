import { Module } from '@nestjs/common';
import { JournalService } from './journal.service';

/** The journal: the single writer of the log. */
@Module({ providers: [JournalService] })
export class JournalModule {}
