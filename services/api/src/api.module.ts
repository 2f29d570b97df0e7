import { Module } from '@nestjs/common';
import { CommonModule } from './common/common.module';
import { HttpModule } from './http/http.module';
import { StartModule } from './start/start.module';

/** The Kubernetes API over the api's own copy of the cluster: commands out, watches in. */
@Module({ imports: [CommonModule, HttpModule, StartModule] })
export class ApiModule {}
