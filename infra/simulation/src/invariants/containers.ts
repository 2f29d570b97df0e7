import type { ReadonlyCluster } from '@shiplog/cluster';
import type { Engine } from '../parts/engine';
import { Violation } from './violation';

/**
 * No two containers of one name run for one pod at once, on one node or on two; nor for two pods that a StatefulSet has had of
 * one name.
 *
 * @param isStateful whether the pod of this uid was made for a StatefulSet
 */
export function checkContainers(engines: readonly Engine[], isStateful: (uid: string) => boolean): void {
  if (!engines.some((engine) => engine.isChanged)) return;
  const running = new Map<string, string>();
  const mustBeOne = (invariant: string, key: string, id: string): void => {
    const other = running.get(key);
    if (other !== undefined) throw new Violation(invariant, `${key}: ${other} and ${id}`);
    running.set(key, id);
  };
  for (const engine of engines) {
    engine.isChanged = false;
    for (const { id, name, role, pod, state } of engine.containers) {
      if (state.phase !== 'running') continue;
      mustBeOne('no two containers run for one pod', `${name} of ${pod.name} (${pod.uid})`, id);
      // A pod that has ended may be taken away while its node still tidies up after it.
      if (role !== 'sandbox' && isStateful(pod.uid))
        mustBeOne("no two of a StatefulSet's pods run under one name", `${name} of ${pod.name}`, id);
    }
  }
}

/** When all is quiet, deciders and kubelets have done what the state asks for: each pod runs or has come to its end, and nothing else does. */
export function checkPodsAtRest(state: ReadonlyCluster, engines: ReadonlyMap<string, Engine>): void {
  const wanted = new Map(state.list('pods').map((pod) => [pod.metadata.uid, pod]));
  for (const [node, engine] of engines) {
    for (const { id, pod, state } of engine.containers) {
      if (state.phase !== 'running' || wanted.get(pod.uid)?.spec?.nodeName === node) continue;
      throw new Violation('no container outlives its pod', `${id} of ${pod.name} (${pod.uid}) runs on ${node}`);
    }
  }
  for (const { metadata, spec, status } of wanted.values()) {
    const is = metadata.deletionTimestamp === undefined ? status?.phase : 'being deleted';
    const mayEnd = spec?.restartPolicy === 'Never' && (is === 'Succeeded' || is === 'Failed');
    if (spec?.nodeName !== undefined && (is === 'Running' || mayEnd)) continue;
    throw new Violation(
      'every pod gets a node, and runs',
      `${metadata.name} (${metadata.uid}) is ${is} on ${spec?.nodeName ?? 'no node'}`,
    );
  }
}
