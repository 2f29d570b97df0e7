import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceModule, type ServiceContext } from '@shiplog/service';
import { Proxy, type ProxyConfig } from './proxy';

/** The proxy of one node. */
@Module({})
export class ProxyModule {
  static with(context: ServiceContext<ProxyConfig>): DynamicModule {
    return { module: ProxyModule, imports: [ServiceModule.of(context)], providers: [Proxy] };
  }
}
