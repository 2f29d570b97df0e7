import { dns1035Label } from '@shiplog/apimachinery';
import { allocateAddress, allocateNodePorts } from '../service-rules/allocate';
import { carryOverService } from '../service-rules/carry-over';
import { defaultService } from '../service-rules/defaults';
import { fillFamilies } from '../service-rules/families';
import { defaultServiceStatus, validateServiceStatus } from '../service-rules/status';
import { validateService, validateServiceUpdate } from '../service-rules/validate';
import { serviceWarnings } from '../service-rules/warnings';
import { defineKind } from './kind';

export const services = defineKind<'services'>({
  resource: 'services',
  name: dns1035Label,
  generation: 'none',
  fields: {
    'spec.clusterIP': (service) => service.spec?.clusterIP,
    'spec.type': (service) => service.spec?.type,
  },
  defaults: defaultService,
  prepareCreate(draft) {
    draft.status = { loadBalancer: {} };
    fillFamilies(draft.spec ?? {});
  },
  prepareUpdate(draft, before) {
    const spec = draft.spec ?? {};
    carryOverService(spec, before.spec ?? {});
    fillFamilies(spec);
    // What its balancer said of itself is not true of a service that has none.
    if (spec.type !== 'LoadBalancer') draft.status = { ...draft.status, loadBalancer: {} };
  },
  validate(draft, problems, ctx, before) {
    // An unchanged spec was valid when it came in, and stricter rules of today must not lock its labels.
    if (before === undefined || draft.spec !== before.spec) validateService(draft, problems, ctx);
  },
  status: { defaults: defaultServiceStatus, validate: validateServiceStatus },
  validateUpdate: validateServiceUpdate,
  allocate(draft, before, problems, ctx) {
    if (draft.spec === before?.spec) return;
    allocateAddress(draft, before, problems, ctx);
    allocateNodePorts(draft, before, problems, ctx);
  },
  warnings: ({ metadata, spec = {} }) => serviceWarnings(metadata, spec),
});
