import { Controller } from '@nestjs/common';
import { NodeRequest } from '@shiplog/bus';
import { ReferenceChanged, type PayloadOf } from '@shiplog/contracts';
import { REFERENCED, type ReferenceKey } from './reference-query';
import { References } from './references';

/** Hears from the journal which objects have changed that pods of this node are made with. */
@Controller()
export class ReferenceController {
  constructor(private readonly references: References) {}

  @NodeRequest(ReferenceChanged)
  changed({ resource, namespace, name }: PayloadOf<typeof ReferenceChanged>): void {
    if (isReferenced(resource)) this.references.changed({ resource, namespace, name });
  }
}

function isReferenced(resource: string): resource is ReferenceKey['resource'] {
  return Object.hasOwn(REFERENCED, resource);
}
