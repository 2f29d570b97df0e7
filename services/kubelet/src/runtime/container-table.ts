import { Inject, Injectable } from '@nestjs/common';
import type { ResourceRequirements } from '@shiplog/contracts';
import { POD_RUNTIME } from '../tokens';
import type { ObservedContainer, PodRuntime } from './runtime';

/** What the engine has of ours, by pod, kept by its events: nobody has to ask the engine to look at a pod. */
@Injectable()
export class ContainerTable {
  readonly #byId = new Map<string, ObservedContainer>();
  /** Of which the kernel has killed something for memory. Docker forgets that when it hears of it after their end. */
  readonly #killedForMemory = new Set<string>();
  readonly #byPod = new Map<string, Map<string, ObservedContainer>>();
  /** What was written while a relisting goes on: newer than the list. */
  #fresh: Set<string> | undefined;
  readonly #listeners = new Set<(podUid: string) => void>();

  constructor(@Inject(POD_RUNTIME) private readonly runtime: PodRuntime) {}

  /** Calls back with a pod's uid after something of it changed. */
  onChange(listener: (podUid: string) => void): void {
    this.#listeners.add(listener);
  }

  of(podUid: string): readonly ObservedContainer[] {
    return [...(this.#byPod.get(podUid)?.values() ?? [])];
  }

  pods(): string[] {
    return [...this.#byPod.keys()];
  }

  get(id: string): ObservedContainer | undefined {
    return this.#byId.get(id);
  }

  put(told: ObservedContainer): void {
    const resources = told.resources ?? this.#byId.get(told.id)?.resources;
    const known = resources === undefined ? told : { ...told, resources };
    const container = this.#killedForMemory.has(told.id) ? asKilledForMemory(known) : known;
    this.#fresh?.add(container.id);
    this.#byId.set(container.id, container);
    const { uid } = container.pod;
    const pod = this.#byPod.get(uid);
    if (pod === undefined) this.#byPod.set(uid, new Map([[container.id, container]]));
    else pod.set(container.id, container);
    this.#tell(uid);
  }

  /** The kernel has killed something of a container for memory, before its end or as its end. */
  killedForMemory(id: string): void {
    const container = this.#byId.get(id);
    if (container === undefined) return;
    this.#killedForMemory.add(id);
    this.put(container);
  }

  /** A container has other amounts now. */
  given(id: string, resources: ResourceRequirements): void {
    const container = this.#byId.get(id);
    if (container !== undefined) this.put({ ...container, resources });
  }

  /** A container was just started by us: true unless the engine has said already that it ended. */
  started(container: ObservedContainer): boolean {
    if (this.#byId.get(container.id)?.state.phase === 'exited') return false;
    this.put(container);
    return true;
  }

  drop(id: string): void {
    const container = this.#byId.get(id);
    if (container === undefined) return;
    this.#fresh?.add(id);
    this.#byId.delete(id);
    this.#killedForMemory.delete(id);
    const { uid } = container.pod;
    const pod = this.#byPod.get(uid);
    pod?.delete(id);
    if (pod?.size === 0) this.#byPod.delete(uid);
    this.#tell(uid);
  }

  /** Looks at one container anew, and returns it unless it is gone. */
  async refresh(id: string): Promise<ObservedContainer | undefined> {
    const container = await this.runtime.inspect(id);
    if (container === undefined) this.drop(id);
    else this.put(container);
    return container;
  }

  /** Looks at everything anew: after a time without events. Returns the uids of all pods that have containers. */
  async relist(): Promise<string[]> {
    const fresh = new Set<string>();
    this.#fresh = fresh;
    const found = await this.runtime.list().finally(() => (this.#fresh = undefined));
    const ids = new Set(found.map((item) => item.id));
    for (const id of [...this.#byId.keys()]) if (!ids.has(id) && !fresh.has(id)) this.drop(id);
    for (const container of found) if (!fresh.has(container.id)) this.put(container);
    return this.pods();
  }

  #tell(podUid: string): void {
    for (const listener of this.#listeners) listener(podUid);
  }
}

function asKilledForMemory(container: ObservedContainer): ObservedContainer {
  const { state } = container;
  return state.phase === 'exited' ? { ...container, state: { ...state, oomKilled: true } } : container;
}
