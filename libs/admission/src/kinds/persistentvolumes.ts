import type { PersistentVolumeSpec, VolumeNodeAffinity } from '@shiplog/contracts';
import { dnsSubdomain, sameJson, toSeconds } from '@shiplog/apimachinery';
import { nodeLabelToday } from '../pods/node-labels';
import { defaultRemoteSource } from '../volumes/defaults';
import { persistentSource, validatePersistent } from '../volumes/persistent';
import { volumeWarnings } from '../volumes/warnings';
import { defineKind } from './kind';

/** Kubernetes' rules for persistent volumes (ValidatePersistentVolume). */
export const persistentVolumes = defineKind<'persistentvolumes'>({
  resource: 'persistentvolumes',
  name: dnsSubdomain,
  generation: 'none',
  defaults(draft) {
    const spec = (draft.spec ??= {});
    spec.persistentVolumeReclaimPolicy ??= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.claimRef !== undefined) {
      spec.claimRef.kind ??= 'PersistentVolumeClaim';
      spec.claimRef.apiVersion ??= 'v1';
    }
    defaultRemoteSource(spec);
  },
  prepareCreate(draft, ctx) {
    draft.status = { phase: 'Pending', lastPhaseTransitionTime: toSeconds(ctx.now) };
  },
  status: {
    /** A phase that is another says since when, unless who wrote it has said so. */
    defaults({ status }, before, ctx) {
      if (status === undefined) return;
      status.phase ??= 'Pending';
      const then = before.status?.lastPhaseTransitionTime;
      if (status.phase !== before.status?.phase && status.lastPhaseTransitionTime === then) {
        status.lastPhaseTransitionTime = toSeconds(ctx.now);
      } else if (then !== undefined) status.lastPhaseTransitionTime ??= then;
    },
  },
  validate(draft, problems, _ctx, before) {
    if (before === undefined || draft.spec !== before.spec) validatePersistent(draft.spec ?? {}, 'spec', problems);
  },
  validateUpdate(draft, before, problems) {
    const now = draft.spec ?? {};
    const then = before.spec ?? {};
    if (now === then) return;
    if (!sameJson(persistentSource(withExpandSecret(now, then)), persistentSource(then))) {
      // Kubernetes' paths have the names of its own types here, or lack the spec.
      const at = 'spec.persistentvolumesource';
      problems.forbidden(at, `${at} is immutable after creation`);
    }
    if (now.volumeMode !== then.volumeMode) problems.invalid('volumeMode', now.volumeMode, 'field is immutable');
    if (then.nodeAffinity !== undefined && !isSameAffinity(now.nodeAffinity, then.nodeAffinity)) {
      problems.invalid(
        'nodeAffinity',
        now.nodeAffinity,
        'field is immutable, except for updating from beta label to GA',
      );
    }
    if (then.volumeAttributesClassName !== undefined && now.volumeAttributesClassName === undefined) {
      problems.forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden');
    }
  },
  warnings: volumeWarnings,
});

/** The secret with which a volume is made larger can come later. */
function withExpandSecret(now: PersistentVolumeSpec, then: PersistentVolumeSpec): PersistentVolumeSpec {
  if (now.csi === undefined || then.csi === undefined || then.csi.controllerExpandSecretRef !== undefined) return now;
  const { controllerExpandSecretRef: _added, ...csi } = now.csi;
  return { ...now, csi };
}

/** Labels of nodes may be called by the names that they have today. */
function isSameAffinity(now: VolumeNodeAffinity | undefined, then: VolumeNodeAffinity): boolean {
  const { required } = now ?? {};
  const was = then.required;
  if (required === undefined || was === undefined) return sameJson(now, then);
  const renamed = was.nodeSelectorTerms.map((term, i) => ({
    ...term,
    ...(term.matchExpressions && {
      matchExpressions: term.matchExpressions.map((expression, n) => {
        const key = required.nodeSelectorTerms[i]?.matchExpressions?.[n]?.key;
        return key === nodeLabelToday(expression.key) ? { ...expression, key } : expression;
      }),
    }),
  }));
  return sameJson(required, { ...was, nodeSelectorTerms: renamed });
}
