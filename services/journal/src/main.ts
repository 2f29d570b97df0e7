import { runService } from '@shiplog/service';
import { JournalModule } from './journal.module';
import { journalSettings } from './settings';

void runService({ service: 'journal', settings: journalSettings, module: () => ({ module: JournalModule }) });
