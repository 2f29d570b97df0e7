import { runService } from '@shiplog/service';
import { KubeletModule } from './kubelet.module';
import { kubeletSettings } from './settings';

void runService({ service: 'kubelet', settings: kubeletSettings, module: KubeletModule });
