import { allocateAddress, allocateNodePorts } from '../service-rules/allocate';
import { defaultService } from '../service-rules/defaults';
import { validateService, validateServiceUpdate } from '../service-rules/validate';
import { dns1035Label } from '../values/names';
import { defineKind } from './kind';

export const services = defineKind<'services'>({
  resource: 'services',
  name: dns1035Label,
  generation: 'none',
  hasStatus: true,
  fields: {
    'spec.clusterIP': (service) => service.spec?.clusterIP,
    'spec.type': (service) => service.spec?.type,
  },
  defaults: defaultService,
  prepareCreate(draft) {
    draft.status = { loadBalancer: {} };
  },
  prepareUpdate(draft, before) {
    const spec = draft.spec ?? {};
    const had = before.spec ?? {};
    if (spec.type === 'ExternalName') return;
    // A client that replaces a service by its manifest leaves out what was allocated: it keeps that.
    if (had.type !== 'ExternalName') {
      spec.clusterIP ??= had.clusterIP;
      spec.clusterIPs ??= spec.clusterIP === undefined ? undefined : [spec.clusterIP];
    }
    if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return;
    for (const port of spec.ports ?? []) {
      const same = had.ports?.find((old) => old.port === port.port && old.protocol === port.protocol);
      port.nodePort ??= same?.nodePort;
    }
  },
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  allocate(draft, before, problems, ctx) {
    allocateAddress(draft, before, problems, ctx);
    allocateNodePorts(draft, before, problems, ctx);
  },
});
