import { readConfig, runService } from '@shiplog/service';
import { cleanUp } from './nftables/nftables-backend';
import { tableOf } from './nftables/domain/layout';
import { ProxyModule } from './proxy.module';
import { proxySettings } from './settings';

if (process.argv.includes('--cleanup')) {
  const { nodeName } = readConfig({ nodeName: proxySettings.nodeName }, process.env);
  cleanUp(tableOf(nodeName)).catch((error: unknown) => {
    process.stderr.write(`the service rules could not be removed: ${String(error)}\n`);
    process.exitCode = 1;
  });
} else {
  void runService({ service: 'proxy', settings: proxySettings, module: ProxyModule });
}
