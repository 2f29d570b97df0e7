import { runService } from '@shiplog/service';
import { JournalModule } from './journal.module';
import { checkSettings, journalSettings } from './settings';

void runService({ service: 'journal', settings: journalSettings, module: JournalModule, check: checkSettings });
