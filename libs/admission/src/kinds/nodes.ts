import type { NodeAddress, NodeStatus, ObjectOf, Taint } from '@shiplog/contracts';
import {
  dnsSubdomain,
  formatNetwork,
  GoSyntax,
  labelValue,
  type Network,
  networksOverlap,
  networkWithin,
  parseNetwork,
  type Problems,
  qualifiedName,
  sameJson,
} from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';
import { validateAmount } from '../pods/resources';
import { type Draft, defineKind } from './kind';

const AMOUNTS = ['capacity', 'allocatable'] as const;
const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

const quoted = (text = ''): string => JSON.stringify(text);

/** As Go writes the type that Kubernetes has of it inside. */
function shownTaint({ key, value, effect }: Taint): GoSyntax {
  const fields = `Key:${quoted(key)}, Value:${quoted(value)}, Effect:${quoted(effect)}`;
  return new GoSyntax(`core.Taint{${fields}, TimeAdded:(*v1.Time)(nil)}`);
}

function shownAddress({ type, address }: NodeAddress): GoSyntax {
  return new GoSyntax(`core.NodeAddress{Type:${quoted(type)}, Address:${quoted(address)}}`);
}

export const nodes = defineKind<'nodes'>({
  resource: 'nodes',
  name: dnsSubdomain,
  generation: 'none',
  fields: { 'spec.unschedulable': (node) => node.spec?.unschedulable ?? false },
  defaults(draft) {
    draft.spec ??= {};
    draft.status ??= {};
    // A node that says nothing else can give away all that it has.
    if (draft.status.allocatable === undefined && draft.status.capacity !== undefined) {
      draft.status.allocatable = { ...draft.status.capacity };
    }
  },
  validate(draft, problems, ctx, before) {
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
      if (seen.has(id)) problems.duplicate(at, shownTaint(taint));
      seen.add(id);
    });
    if (before === undefined) validateAmounts(draft.status ?? {}, problems);
    // What a node has was valid when it got it, and another CLUSTER_CIDR of today must not lock its labels.
    if (!sameJson(draft.spec?.podCIDRs, before?.spec?.podCIDRs)) validatePodCidrs(draft, problems, ctx);
  },
  status: {
    validate(draft, problems) {
      const { addresses = [], ...status } = draft.status ?? {};
      validateAmounts(status, problems);
      const seen = new Set<string>();
      addresses.forEach((address, i) => {
        const id = `${address.type} ${address.address}`;
        if (seen.has(id)) problems.duplicate(`status.addresses[${i}]`, shownAddress(address));
        seen.add(id);
      });
    },
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

function validateAmounts(status: Pick<NodeStatus, (typeof AMOUNTS)[number]>, problems: Problems): void {
  for (const field of AMOUNTS) {
    for (const [name, amount] of Object.entries(status[field] ?? {})) {
      validateAmount(name, amount, `status.${field}.${name}`, problems);
    }
  }
}

/** `podCIDR` is the first of `podCIDRs`: whichever was given fills the other, and it is `podCIDR` that counts. */
function reconcilePodCidrs(spec: { podCIDR?: string; podCIDRs?: string[] } | undefined): void {
  if (spec === undefined) return;
  if (spec.podCIDR === undefined && spec.podCIDRs?.[0] !== undefined) spec.podCIDR = spec.podCIDRs[0];
  if (spec.podCIDR !== undefined && spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
}

/** Every node routes to what the others say is theirs: they must be parts of the cluster's networks that no other has. */
function validatePodCidrs(draft: Draft<'nodes'>, problems: Problems, ctx: AdmissionContext): void {
  const cidrs = draft.spec?.podCIDRs ?? [];
  const own = cidrs.map(parseNetwork);
  if (cidrs.length > 2 || (cidrs.length === 2 && own[0]?.family === own[1]?.family)) {
    problems.invalid('spec.podCIDRs', cidrs, 'may specify no more than one CIDR for each IP family');
  }
  if (own[0]?.family === 6) problems.invalid('spec.podCIDRs[0]', cidrs[0], 'must be of the primary IP family, IPv4');
  const cluster = ctx.settings.clusterCidr.split(',').flatMap((text) => parseNetwork(text) ?? []);
  cidrs.forEach((text, i) => {
    const at = `spec.podCIDRs[${i}]`;
    const cidr = own[i];
    if (cidr === undefined) {
      problems.invalid(at, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)');
      return;
    }
    const outer = cluster.find((network) => networkWithin(cidr, network));
    if (outer === undefined) {
      problems.invalid(at, text, `must be within the cluster's pod network ${ctx.settings.clusterCidr}`);
      return;
    }
    const { name } = draft.metadata;
    for (const node of ctx.state.list('nodes')) {
      const theirs = node.metadata.name === name ? undefined : overlapOf(node, cidr, outer);
      if (theirs === undefined) continue;
      const other = `${formatNetwork(theirs)} of node ${JSON.stringify(node.metadata.name)}`;
      problems.invalid(at, text, `must not overlap ${other}`);
      return;
    }
  });
}

/** A network that is none of the cluster's, from before that was checked, holds nothing of it. */
function overlapOf({ spec = {} }: ObjectOf<'nodes'>, cidr: Network, cluster: Network): Network | undefined {
  const texts = new Set([spec.podCIDR ?? '', ...(spec.podCIDRs ?? [])]);
  return [...texts]
    .flatMap((text) => parseNetwork(text) ?? [])
    .find((own) => networkWithin(own, cluster) && networksOverlap(own, cidr));
}
