import { Controller } from '@nestjs/common';
import { NodeRequest } from '@shiplog/bus';
import { ReferenceChanged, type PayloadOf } from '@shiplog/contracts';
import { References } from './references';

/** Hears from the journal which Secrets and ConfigMaps have changed that pods of this node name. */
@Controller()
export class ReferenceController {
  constructor(private readonly references: References) {}

  @NodeRequest(ReferenceChanged)
  changed({ resource, namespace, name }: PayloadOf<typeof ReferenceChanged>): void {
    if (resource === 'secrets' || resource === 'configmaps') this.references.changed({ resource, namespace, name });
  }
}
