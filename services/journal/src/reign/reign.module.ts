import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module';
import { ActiveJournal } from './active-journal';
import { ActiveLogModule } from './active-log.module';
import { Reigns } from './reign';
import { WriterFactory } from './writer-factory';

/** Which journal is the active one, and what it does while it is. */
@Module({ imports: [DatabaseModule, ActiveLogModule], providers: [WriterFactory, Reigns, ActiveJournal] })
export class ReignModule {}
