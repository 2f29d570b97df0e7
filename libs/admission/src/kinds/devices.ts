import type { Device, ResourceClaimSpec, ResourceSliceSpec } from '@shiplog/contracts';
import { dnsSubdomain, type Problems, qualifiedName, toSeconds } from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';
import { validateClaimStatus } from '../devices/claim-status';
import { validateEach } from '../devices/lists';
import { defaultClaim, validateClaim, validateConfiguration, validateSelectors } from '../devices/requests';
import { validateSlice } from '../devices/slices';
import { validateAnnotations, validateLabels } from '../metadata/validate';
import { by, immutable } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { defineKind } from './kind';

const MOST_CONFIGS = 32;

/** A resource of a node that pods ask for as they do for devices: of a domain that is not Kubernetes' own. */
function validateExtendedName(name: string, at: string, problems: Problems): void {
  const isOwn = !name.includes('/') || /(^|\.)kubernetes\.io\//.test(name) || name.startsWith('requests.');
  if (isOwn || qualifiedName(`requests.${name}`).length > 0) {
    problems.invalid(at, name, 'must be a valid extended resource name');
  }
}

export const deviceClasses = defineKind<'deviceclasses.resource.k8s.io'>({
  resource: 'deviceclasses.resource.k8s.io',
  name: dnsSubdomain,
  generation: 'spec',
  rows: new FieldRules({ 'spec.extendedResourceName': by(validateExtendedName) }),
  validate({ spec }, problems) {
    validateSelectors(spec.selectors, 'spec.selectors', problems);
    validateEach(spec.config, MOST_CONFIGS, 'spec.config', problems, ({ opaque }, at) =>
      validateConfiguration(opaque, `${at}.opaque`, problems),
    );
  },
});

function defaultSpec({ devices }: ResourceClaimSpec): void {
  if (devices !== undefined) defaultClaim(devices);
}

export const resourceClaims = defineKind<'resourceclaims.resource.k8s.io'>({
  resource: 'resourceclaims.resource.k8s.io',
  name: dnsSubdomain,
  generation: 'none',
  defaults({ spec }) {
    defaultSpec(spec);
  },
  prepareCreate(draft) {
    draft.status = {};
  },
  rows: new FieldRules({ spec: immutable }),
  validate({ spec }, problems, _ctx, before) {
    // What can't be changed was valid when it came.
    if (before === undefined) validateClaim(spec.devices ?? {}, 'spec.devices', problems);
  },
  status: { validate: validateClaimStatus },
});

export const resourceClaimTemplates = defineKind<'resourceclaimtemplates.resource.k8s.io'>({
  resource: 'resourceclaimtemplates.resource.k8s.io',
  name: dnsSubdomain,
  generation: 'none',
  defaults({ spec }) {
    defaultSpec(spec.spec);
  },
  rows: new FieldRules({ spec: immutable }),
  validate({ spec }, problems, _ctx, before) {
    if (before !== undefined) return;
    validateAnnotations(spec.metadata?.annotations, 'spec.metadata.annotations', problems);
    validateLabels(spec.metadata?.labels, 'spec.metadata.labels', problems);
    validateClaim(spec.spec.devices ?? {}, 'spec.spec.devices', problems);
  },
});

/** SetDefaults of devices: since when a taint is there, and that a mapping counts each device once. */
function defaultDevice({ taints = [], nodeAllocatableResourceMappings: mappings = {} }: Device, now: string): void {
  for (const taint of taints) taint.timeAdded ??= toSeconds(now);
  for (const mapping of Object.values(mappings)) mapping.allocationMultiplier ??= '1';
}

function defaultDevices({ devices = [] }: ResourceSliceSpec, { now }: AdmissionContext): void {
  for (const device of devices) defaultDevice(device, now);
}

export const resourceSlices = defineKind<'resourceslices.resource.k8s.io'>({
  resource: 'resourceslices.resource.k8s.io',
  name: dnsSubdomain,
  generation: 'spec',
  fields: { 'spec.nodeName': ({ spec }) => spec.nodeName, 'spec.driver': ({ spec }) => spec.driver },
  prepareCreate(draft, ctx) {
    defaultDevices(draft.spec, ctx);
  },
  prepareUpdate(draft, _before, ctx) {
    defaultDevices(draft.spec, ctx);
  },
  rows: new FieldRules({
    'spec.pool.name': immutable,
    'spec.driver': immutable,
    'spec.nodeName': immutable,
  }),
  validate({ spec }, problems) {
    validateSlice(spec, 'spec', problems);
  },
});
