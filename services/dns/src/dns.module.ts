import { Module } from '@nestjs/common';
import { Dns } from './dns';

/** The names of the cluster, served by one instance of two or more. */
@Module({ providers: [Dns] })
export class DnsModule {}
