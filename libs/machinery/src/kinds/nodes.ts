import { sameJson } from '../values/equal';
import { parseCidr } from '../values/net';
import { dnsSubdomain, labelValue, qualifiedName } from '../values/names';
import { defineKind } from './kind';

const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export const nodes = defineKind<'nodes'>({
  resource: 'nodes',
  name: dnsSubdomain,
  generation: 'none',
  hasStatus: true,
  fields: { 'spec.unschedulable': (node) => node.spec?.unschedulable ?? false },
  defaults(draft) {
    draft.spec ??= {};
    draft.status ??= {};
    // A node that says nothing else can give away all that it has.
    if (draft.status.allocatable === undefined && draft.status.capacity !== undefined) {
      draft.status.allocatable = { ...draft.status.capacity };
    }
  },
  validate(draft, problems) {
    const seen = new Set<string>();
    draft.spec?.taints?.forEach((taint, i) => {
      const at = `spec.taints[${i}]`;
      if (taint.key === undefined || taint.key === '') problems.required(`${at}.key`);
      else for (const wrong of qualifiedName(taint.key)) problems.invalid(`${at}.key`, taint.key, wrong);
      for (const wrong of labelValue(taint.value ?? '')) problems.invalid(`${at}.value`, taint.value, wrong);
      if (taint.effect === undefined || taint.effect === '') problems.required(`${at}.effect`);
      else if (!TAINT_EFFECTS.includes(taint.effect))
        problems.notSupported(`${at}.effect`, taint.effect, TAINT_EFFECTS);
      const id = `${taint.key}:${taint.effect}`;
      if (seen.has(id)) problems.duplicate(at, taint);
      seen.add(id);
    });
    const cidrs = draft.spec?.podCIDRs ?? [];
    cidrs.forEach((cidr, i) => {
      if (parseCidr(cidr) === undefined) {
        problems.invalid(
          `spec.podCIDRs[${i}]`,
          cidr,
          'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        );
      }
    });
  },
  prepareUpdate(draft) {
    reconcilePodCidrs(draft.spec);
  },
  prepareCreate(draft) {
    reconcilePodCidrs(draft.spec);
  },
  validateUpdate(draft, before, problems) {
    const had = before.spec ?? {};
    const has = draft.spec ?? {};
    if (had.podCIDR !== undefined && !sameJson(had.podCIDRs, has.podCIDRs)) {
      problems.forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid');
    }
    if (had.providerID !== undefined && had.providerID !== has.providerID) {
      problems.forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid');
    }
  },
});

/** `podCIDR` is the first of `podCIDRs`: whichever was given fills the other. */
function reconcilePodCidrs(spec: { podCIDR?: string; podCIDRs?: string[] } | undefined): void {
  if (spec === undefined) return;
  if (spec.podCIDR !== undefined && spec.podCIDRs === undefined) spec.podCIDRs = [spec.podCIDR];
  if (spec.podCIDR === undefined && spec.podCIDRs?.[0] !== undefined) spec.podCIDR = spec.podCIDRs[0];
}
