import { Controller } from '@nestjs/common';
import { NodeRequest } from '@shiplog/bus';
import { PolicyDrops, type PolicyDrop } from '@shiplog/contracts';
import { PodPolicies } from './pod-policies';

/** Answers which connections network policies have refused on this node. */
@Controller()
export class PolicyDropsController {
  constructor(private readonly policies: PodPolicies) {}

  @NodeRequest(PolicyDrops)
  async drops(): Promise<{ drops: PolicyDrop[] }> {
    return { drops: await this.policies.drops() };
  }
}
