import type { ReadonlyCluster } from '@shiplog/cluster';
import { splitKey, type Scale } from '@shiplog/contracts';
import { matchesLabels, parseLabelSelector, sameJson } from '@shiplog/apimachinery';
import { keyOfItself, keysOfAll } from '../../domain/claims';
import { askScales, findScale, type AskedScales, type AskJournal, type FoundScale } from '../../domain/scales';
import {
  SETTLED,
  type Controller,
  type ReconcileRequest,
  type ReconcileResult,
  type Watches,
} from '../../runtime/domain/controller';
import { AUTOSCALERS, decideAutoscaler, dependsOnMetrics, type Autoscaler } from './decide';
import type { AutoscalerMemory, Said } from './limits';
import { readMetric, type MetricReading } from './metrics';
import type { AutoscalerSettings } from './settings';
import type { MetricSources } from './sources';

const NONE_ASKED: AskedScales = new Map();
const NOTHING: AutoscalerMemory = { recommended: [], rescaled: [] };

/**
 * Keeps as many pods as their use asks for, by HorizontalPodAutoscalers: each is looked at every few seconds. What was measured
 * and what it remembers is kept with what it decides. Keys: an autoscaler's namespace/name.
 */
export class AutoscalingController implements Controller {
  readonly name = 'horizontal-pod-autoscaling';
  readonly watches: Watches = {
    [AUTOSCALERS]: (change, state) =>
      sameJson(change.before?.spec, change.after?.spec) ? [] : keyOfItself(change, state),
  };
  readonly allKeys = keysOfAll(AUTOSCALERS);
  /** By key. */
  private readonly memories = new Map<string, AutoscalerMemory>();

  constructor(
    private readonly sources: MetricSources,
    private readonly ask: AskJournal,
    private readonly settings: AutoscalerSettings,
  ) {}

  async reconcile(key: string, request: ReconcileRequest): Promise<ReconcileResult> {
    const before = autoscalerOf(request.state, key);
    if (before === undefined) {
      this.memories.delete(key);
      return SETTLED;
    }
    const asked = await this.askedFor(before, request);
    const readings = await request.observe('metrics', () => this.read(before, asked, request));
    const { state, position: basis, now } = request;
    const autoscaler = autoscalerOf(state, key);
    // Another one by now: what was measured is not for it, and its change wakes the key again.
    if (autoscaler === undefined || !sameJson(autoscaler.spec, before.spec)) return SETTLED;
    const target = targetOf(state, autoscaler, asked);
    const memory = request.observe('memory', () => this.memories.get(key) ?? NOTHING);
    const view = { autoscaler, target, readings, memory, settings: this.settings, now, refused: request.refused };
    const decided = decideAutoscaler(view);
    this.memories.set(key, decided.memory);
    return { ...decided.result, basis };
  }

  private async askedFor(autoscaler: Autoscaler, request: ReconcileRequest): Promise<AskedScales> {
    const target = targetOf(request.state, autoscaler, NONE_ASKED);
    return target.found === 'not asked' ? askScales(request, this.ask, [target.key]) : NONE_ASKED;
  }

  /** What each metric comes to; none where they make no difference. */
  private async read(
    autoscaler: Autoscaler,
    asked: AskedScales,
    { state, now }: ReconcileRequest,
  ): Promise<readonly MetricReading[] | Said> {
    const target = targetOf(state, autoscaler, asked);
    if (target.found !== 'scale' || !dependsOnMetrics(autoscaler, target.scale)) return [];
    const { namespace = '' } = autoscaler.metadata;
    const { spec, status } = target.scale;
    const selector = status?.selector ?? '';
    if (selector === '') {
      return { reason: 'InvalidSelector', message: "the HPA target's scale is missing a selector" };
    }
    const terms = parseLabelSelector(selector);
    if (!terms.ok) {
      const problem = terms.status.message ?? '';
      const message = `couldn't convert selector into a corresponding internal selector object: ${problem}`;
      return { reason: 'InvalidSelector', message };
    }
    const pods = state.list('pods', namespace).filter(({ metadata }) => matchesLabels(terms.value, metadata.labels));
    const rivals = rivalsOf(state, autoscaler, target.scale);
    if (rivals.length > 1) {
      const message = `pods by selector ${selector} are controlled by multiple HPAs: [${rivals.join(' ')}]`;
      return { reason: 'AmbiguousSelector', message };
    }
    const scene = {
      state,
      pods,
      replicas: spec?.replicas ?? 0,
      statusReplicas: status?.replicas ?? 0,
      selector,
      namespace,
      nowMs: now.ms,
      settings: this.settings,
    };
    return Promise.all((autoscaler.spec?.metrics ?? []).map((metric) => readMetric(scene, metric, this.sources)));
  }
}

function autoscalerOf(state: ReadonlyCluster, key: string): Autoscaler | undefined {
  const { namespace, name } = splitKey(key);
  return state.get(AUTOSCALERS, namespace, name);
}

function targetOf(state: ReadonlyCluster, { metadata, spec }: Autoscaler, asked: AskedScales): FoundScale {
  const { apiVersion = 'v1', kind, name } = spec?.scaleTargetRef ?? { kind: '', name: '' };
  return findScale(state, asked, { apiVersion, kind, namespace: metadata.namespace ?? '', name });
}

/** The autoscalers, itself among them, that choose the same pods by their targets' selectors. */
function rivalsOf(state: ReadonlyCluster, autoscaler: Autoscaler, { status }: Scale): string[] {
  const { namespace = '' } = autoscaler.metadata;
  return state.list(AUTOSCALERS, namespace).flatMap((other) => {
    const target = targetOf(state, other, NONE_ASKED);
    const isRival =
      other.metadata.uid === autoscaler.metadata.uid ||
      (target.found === 'scale' && target.scale.status?.selector === status?.selector);
    return isRival ? [`${namespace}/${other.metadata.name}`] : [];
  });
}
