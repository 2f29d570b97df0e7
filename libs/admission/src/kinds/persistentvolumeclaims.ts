import type { PersistentVolumeClaimSpec, TypedObjectReference } from '@shiplog/contracts';
import { dnsSubdomain, milliOf, type Problems, qualifiedName, sameJson } from '@shiplog/apimachinery';
import { VOLUME_ANNOTATIONS } from '@shiplog/kube';
import { validateAmount } from '../pods/resources';
import { defaultClaimSpec, validateClaimSpec } from '../volumes/claim';
import { claimWarnings } from '../volumes/warnings';
import { type Draft, defineKind } from './kind';

const CLASS_ANNOTATION = VOLUME_ANNOTATIONS.storageClass;
const SPEC_RULE =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
const RESIZE_STATES = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
];

type Claim = Draft<'persistentvolumeclaims'>;

/** Kubernetes' rules for claims (ValidatePersistentVolumeClaim). */
export const persistentVolumeClaims = defineKind<'persistentvolumeclaims'>({
  resource: 'persistentvolumeclaims',
  name: dnsSubdomain,
  generation: 'none',
  defaults(draft) {
    defaultClaimSpec((draft.spec ??= {}));
  },
  prepareCreate(draft) {
    draft.status = { phase: 'Pending' };
    matchSources((draft.spec ??= {}));
  },
  prepareUpdate(draft) {
    matchSources(draft.spec ?? {});
  },
  validate(draft, problems, _ctx, before) {
    if (before === undefined || draft.spec !== before.spec) validateClaimSpec(draft.spec ?? {}, 'spec', problems);
  },
  validateUpdate(draft, before, problems) {
    const annotated = draft.metadata.annotations?.[CLASS_ANNOTATION];
    const wasAnnotated = before.metadata.annotations?.[CLASS_ANNOTATION];
    const moves = movesToField(draft, before);
    if (!moves && annotated !== wasAnnotated) {
      problems.invalid(`metadata.annotations[${CLASS_ANNOTATION}]`, annotated ?? '', 'field is immutable');
    }
    if (draft.spec !== before.spec) validateChange(draft, before, problems);
  },
  warnings: claimWarnings,
  status: {
    validate({ status }, problems) {
      const { capacity = {}, allocatedResources = {}, allocatedResourceStatuses = {} } = status ?? {};
      for (const [name, amount] of Object.entries(capacity)) validateBasic(name, amount, 'status.capacity', problems);
      const at = 'status.allocatedResourceStatus';
      for (const [name, state] of Object.entries(allocatedResourceStatuses)) {
        validateKey(name, at, problems);
        // Kubernetes shows the key for the value.
        if (!RESIZE_STATES.includes(state)) problems.notSupported(at, name, RESIZE_STATES);
      }
      for (const [name, amount] of Object.entries(allocatedResources)) {
        if (validateKey(name, 'status.allocatedResources', problems)) {
          validateAmount('storage', amount, `status.allocatedResources[${name}]`, problems);
        }
      }
    },
  },
});

/** A claim's class may come to its own field from an annotation, or from nowhere. */
function movesToField(draft: Claim, before: Claim): boolean {
  const annotated = draft.metadata.annotations?.[CLASS_ANNOTATION];
  const wasAnnotated = before.metadata.annotations?.[CLASS_ANNOTATION];
  if (wasAnnotated === undefined || before.spec?.storageClassName !== undefined) return false;
  return draft.spec?.storageClassName === wasAnnotated && (annotated === undefined || annotated === wasAnnotated);
}

function validateChange(draft: Claim, before: Claim, problems: Problems): void {
  const now = draft.spec ?? {};
  const then = before.spec ?? {};
  if (!sameJson(fixedPart(draft, before), fixedPart(before, before))) problems.forbidden('spec', SPEC_RULE);
  const [asked, had, has] = [storageOf(now), storageOf(then), before.status?.capacity?.['storage'] ?? '0'];
  if (milliOf(asked) < milliOf(had) && milliOf(asked) <= milliOf(has)) {
    problems.forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity');
  }
  if (now.volumeMode !== then.volumeMode) problems.invalid('volumeMode', now.volumeMode, 'field is immutable');
  if ((then.volumeAttributesClassName ?? '') === '') return;
  const attributes = now.volumeAttributesClassName;
  const gone = attributes === undefined ? 'nil' : attributes === '' ? 'an empty string' : undefined;
  if (gone === undefined) return;
  problems.forbidden('spec.volumeAttributesClassName', `update from non-nil value to ${gone} is forbidden`);
}

const storageOf = ({ resources }: PersistentVolumeClaimSpec): string => resources?.requests?.['storage'] ?? '0';

/** What of a claim stays as it is. */
function fixedPart(claim: Claim, before: Claim): unknown {
  const { volumeAttributesClassName: _attributes, ...spec } = claim.spec ?? {};
  const was = before.spec ?? {};
  // It is given its volume once, and its class if it had none.
  const volumeName = (was.volumeName ?? '') === '' ? undefined : spec.volumeName;
  const annotated = before.metadata.annotations?.[CLASS_ANNOTATION];
  const mayName =
    was.storageClassName === undefined && (annotated === undefined || annotated === spec.storageClassName);
  const storageClassName = mayName ? undefined : spec.storageClassName;
  const isBound = before.status?.phase === 'Bound';
  const { storage: _size, ...requests } = spec.resources?.requests ?? {};
  const resources = isBound ? { ...spec.resources, requests } : spec.resources;
  return { ...spec, volumeName, storageClassName, resources };
}

/** The older and the newer field of what fills the volume say the same; the older one knows claims and snapshots only. */
function matchSources(spec: PersistentVolumeClaimSpec): void {
  if (spec.dataSource !== undefined && !isClaimOrSnapshot(spec.dataSource)) delete spec.dataSource;
  if (spec.dataSource !== undefined && spec.dataSourceRef === undefined) {
    spec.dataSourceRef = { ...spec.dataSource };
  } else if (spec.dataSourceRef !== undefined && spec.dataSource === undefined) {
    const { namespace = '', ...reference } = spec.dataSourceRef;
    if (namespace === '' && isClaimOrSnapshot(reference)) spec.dataSource = reference;
  }
}

function isClaimOrSnapshot({ apiGroup = '', kind }: TypedObjectReference): boolean {
  const wanted = new Map([
    ['', 'PersistentVolumeClaim'],
    ['snapshot.storage.k8s.io', 'VolumeSnapshot'],
  ]);
  return wanted.get(apiGroup) === kind;
}

function validateBasic(name: string, amount: string, at: string, problems: Problems): void {
  const milli = milliOf(amount);
  if (milli < 0n) problems.invalid(`${at}[${name}]`, Number(milli / 1000n), 'must be a valid resource quantity');
}

/** The only native resource of a volume is storage. */
function validateKey(name: string, at: string, problems: Problems): boolean {
  const wrong = qualifiedName(name);
  for (const detail of wrong) problems.invalid(at, name, detail);
  const isNative = !name.includes('/') || name.includes('kubernetes.io/');
  if (wrong.length === 0 && isNative && name !== 'storage') problems.notSupported(at, name, ['storage']);
  return wrong.length === 0 && (!isNative || name === 'storage');
}
