import { Module } from '@nestjs/common';
import { runService } from '@shiplog/service';
import { HollowNodes } from './hollow-nodes';
import { hollowSettings } from './settings';

/** Many nodes without engines in one process: each is a node as any other to the master. */
@Module({ providers: [HollowNodes] })
class HollowModule {}

// A copy: the environment itself is looked up in C at each read, and Nest asks it whether to debug for each part of each node.
process.env = { ...process.env };
void runService({ service: 'kubelet', settings: hollowSettings, module: HollowModule, complete: false });
