import { runService } from '@shiplog/service';
import { cleanUp } from './nftables/nftables-backend';
import { ProxyModule } from './proxy.module';
import { proxySettings } from './settings';

if (process.argv.includes('--cleanup')) {
  cleanUp().catch((error: unknown) => {
    process.stderr.write(`the service rules could not be removed: ${String(error)}\n`);
    process.exitCode = 1;
  });
} else {
  void runService({ service: 'proxy', settings: proxySettings, module: (context) => ProxyModule.with(context) });
}
