import { Module } from '@nestjs/common';
import { Notes } from './notes';
import { StatusReporter } from './status-reporter';

/** What the kubelet tells of its pods. */
@Module({ providers: [Notes, StatusReporter], exports: [Notes, StatusReporter] })
export class StatusModule {}
