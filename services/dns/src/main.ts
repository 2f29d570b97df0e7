import { runService } from '@shiplog/service';
import { DnsModule } from './dns.module';
import { dnsSettings } from './settings';

void runService({ service: 'dns', settings: dnsSettings, module: DnsModule });
