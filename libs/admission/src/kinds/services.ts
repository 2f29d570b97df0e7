import { dns1035Label } from '@shiplog/apimachinery';
import { allocateNodePorts } from '../service-rules/allocate';
import { allocateAddresses } from '../service-rules/allocate-addresses';
import { carryOverService } from '../service-rules/carry-over';
import { defaultService } from '../service-rules/defaults';
import { fillFamilies } from '../service-rules/families';
import { serviceFamilies } from '../service-rules/ranges';
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
  prepareCreate(draft, ctx) {
    draft.status = { loadBalancer: {} };
    const spec = draft.spec ?? {};
    // An older client says one address alone.
    if (spec.clusterIP !== undefined && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
    fillFamilies(spec, undefined, serviceFamilies(ctx));
  },
  prepareUpdate(draft, before, ctx) {
    const spec = draft.spec ?? {};
    carryOverService(spec, before.spec ?? {});
    fillFamilies(spec, before.spec, serviceFamilies(ctx));
    // What its balancer said of itself is not true of a service that has none.
    if (spec.type !== 'LoadBalancer') draft.status = { ...draft.status, loadBalancer: {} };
  },
  validate(draft, problems, ctx, before) {
    // An unchanged spec was valid when it came in, and stricter rules of today must not lock its labels.
    if (before === undefined || draft.spec !== before.spec) validateService(draft, problems, ctx, before);
  },
  status: { defaults: defaultServiceStatus, validate: validateServiceStatus },
  validateUpdate: validateServiceUpdate,
  allocate(draft, before, problems, ctx) {
    if (draft.spec === before?.spec) return;
    allocateAddresses(draft, before, problems, ctx);
    allocateNodePorts(draft, before, problems, ctx);
  },
  warnings: ({ metadata, spec = {} }) => serviceWarnings(metadata, spec),
});
