import { readConfig, runService } from '@shiplog/service';
import { cleanUp } from './overlay/clean-up';
import { NetworkModule } from './network.module';
import { checkNetwork, networkSettings } from './settings';

if (process.argv.includes('--cleanup')) {
  const { nodeName: node, ...scope } = readConfig(networkSettings, process.env);
  cleanUp({ node, ...scope }).catch((error: unknown) => {
    process.stderr.write(`the pod network could not be removed: ${String(error)}\n`);
    process.exitCode = 1;
  });
} else {
  void runService({ service: 'network', settings: networkSettings, module: NetworkModule, check: checkNetwork });
}
