import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceModule, type ServiceContext } from '@shiplog/service';
import { NetworkAgent, type NetworkConfig } from './network-agent';

/** The pod network of one node. */
@Module({})
export class NetworkModule {
  static with(context: ServiceContext<NetworkConfig>): DynamicModule {
    return { module: NetworkModule, imports: [ServiceModule.of(context)], providers: [NetworkAgent] };
  }
}
