import { Module } from '@nestjs/common';
import { runService } from '@shiplog/service';
import { HollowNodes } from './hollow-nodes';
import { hollowSettings } from './settings';

/** Many nodes without engines in one process: each is a node as any other to the master. */
@Module({ providers: [HollowNodes] })
class HollowModule {}

void runService({ service: 'kubelet', settings: hollowSettings, module: HollowModule, complete: false });
