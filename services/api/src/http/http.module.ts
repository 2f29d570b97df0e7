import { Module } from '@nestjs/common';
import { AuthenticationModule } from '../authentication/authentication.module';
import { CacheModule } from '../cache/cache.module';
import { AggregationModule } from '../handlers/aggregation/aggregation.module';
import { LogsModule } from '../handlers/logs/logs.module';
import { ProxyModule } from '../handlers/proxy/proxy.module';
import { ReadsModule } from '../handlers/reads/reads.module';
import { SessionsModule } from '../handlers/sessions/sessions.module';
import { VirtualModule } from '../handlers/virtual/virtual.module';
import { WatchModule } from '../handlers/watch/watch.module';
import { WritesModule } from '../handlers/writes/writes.module';
import { Authorization } from './authorization';
import { Discovery } from './discovery';
import { FailureFilter } from './failure-filter';
import { FlowControl } from './flow-control/flow-control';
import { Gateway } from './gateway';
import { HealthChecks } from './health-checks';
import { HttpListener } from './http-listener';
import { InFlight } from './in-flight';
import { MetricsPage } from './metrics/metrics-page';
import { RequestMetrics } from './metrics/request-metrics';
import { OpenApi } from './open-api';
import { OpenIdDocuments } from './open-id-documents';
import { ServerCertificate } from './server-certificate';
import { UpgradeListener } from './upgrade-listener';

/** The Kubernetes API over HTTPS, in front of the handlers. */
@Module({
  imports: [
    AggregationModule,
    AuthenticationModule,
    CacheModule,
    LogsModule,
    ProxyModule,
    ReadsModule,
    SessionsModule,
    VirtualModule,
    WatchModule,
    WritesModule,
  ],
  providers: [
    Authorization,
    Discovery,
    FailureFilter,
    FlowControl,
    Gateway,
    HealthChecks,
    HttpListener,
    InFlight,
    MetricsPage,
    OpenApi,
    OpenIdDocuments,
    RequestMetrics,
    ServerCertificate,
    UpgradeListener,
  ],
})
export class HttpModule {}
