import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { NodeRequest, StreamContext } from '@shiplog/bus';
import { NodePage, Usage, type NodeUsage, type PayloadOf } from '@shiplog/contracts';
import { NodePages } from './node-pages';
import { renderNodeUsage } from './render/usage';
import { UsageReader } from './usage-reader';

/** Answers for what this node and its pods use. */
@Controller()
export class UsageController {
  constructor(
    private readonly reader: UsageReader,
    private readonly pages: NodePages,
  ) {}

  @NodeRequest(Usage)
  async usage(@Payload() { pods }: PayloadOf<typeof Usage>): Promise<NodeUsage> {
    return renderNodeUsage(this.reader.node(), await this.reader.pods(pods));
  }

  @NodeRequest(NodePage)
  async page(@Payload() { path }: PayloadOf<typeof NodePage>, @Ctx() { sink }: StreamContext): Promise<void> {
    await sink.write(Buffer.from(await this.pages.page(path)));
  }
}
