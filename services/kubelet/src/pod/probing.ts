import { ContainerProbes, hasProbes } from '../probes/container-probes';
import type { PodRuntime } from '../runtime/runtime';
import type { Notes } from '../status/notes';
import { containerUrl, startedMs, type PodView } from './domain/view';
import type { ProbeVerdict } from '../probes/rules/verdict';

/** The probes of a pod's running containers, one set for each container, for as long as it runs. */
export class Probing {
  readonly #running = new Map<string, ContainerProbes>();

  constructor(
    private readonly runtime: PodRuntime,
    private readonly notes: Pick<Notes, 'say'>,
    private readonly changed: () => void,
  ) {}

  get verdicts(): ReadonlyMap<string, ProbeVerdict> {
    return new Map([...this.#running].map(([id, probes]) => [id, probes.verdict]));
  }

  /** Starts probing what runs and has its network, stops probing what doesn't. */
  sync(view: PodView): void {
    const alive = new Set(view.containers.filter((item) => item.state.phase === 'running').map((item) => item.id));
    for (const [id, probes] of [...this.#running]) {
      if (!alive.has(id) || view.desiredPhase === 'gone') this.stop(id);
      else if (view.desiredPhase === 'end') probes.stopBut('Readiness');
    }
    if (view.desiredPhase !== 'run' || view.podIPs.length === 0) return;
    const { containers = [], initContainers = [] } = view.pod.spec ?? {};
    for (const item of view.containers) {
      const container = [...containers, ...initContainers].find((spec) => spec.name === item.name);
      if (item.role === 'sandbox' || container === undefined || !hasProbes(container)) continue;
      if (item.state.phase !== 'running' || this.#running.has(item.id) || this.#isBusy(view, item.id, item.name))
        continue;
      this.#start(view, item.id, startedMs(item), container);
    }
  }

  #isBusy(view: PodView, id: string, name: string): boolean {
    return view.busy.has(`start:${name}`) || view.busy.has(`kill:${id}`);
  }

  #start(
    view: PodView,
    id: string,
    startedAt: number,
    container: NonNullable<PodView['pod']['spec']>['containers'][number],
  ): void {
    const { runtime, notes } = this;
    const { containerStatuses = [], initContainerStatuses = [] } = view.pod.status ?? {};
    const reported = [...containerStatuses, ...initContainerStatuses].find(
      (item) => item.containerID === containerUrl(view, id),
    );
    const probes = new ContainerProbes({
      target: { runtime, container, containerId: id, podIP: view.podIPs[0] ?? '' },
      startedAt,
      before: { started: reported?.started === true, ready: reported?.ready === true },
      now: Date.now,
      changed: () => this.changed(),
      said: (reason, message) => notes.say(view.pod, 'Warning', reason, message, container.name),
    });
    this.#running.set(id, probes);
  }

  stop(id: string): void {
    this.#running.get(id)?.stop();
    this.#running.delete(id);
  }

  stopAll(): void {
    for (const id of [...this.#running.keys()]) this.stop(id);
  }
}
