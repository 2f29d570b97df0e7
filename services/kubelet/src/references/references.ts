import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ObjectOf } from '@shiplog/contracts';
import { referencesOf } from '@shiplog/admission';
import { LOGGER } from '@shiplog/service';
import { BackOff, orAborted, pause } from '@shiplog/wait';
import type { Logger } from 'pino';
import { messageOf } from '../container/start-failure';
import type { Pod } from '../domain/pod';
import { Notes } from '../status/notes';
import { Reference } from './reference';
import { REFERENCED, ReferenceQuery, type ReferenceKey } from './reference-query';

const BACK_OFF = { firstMs: 250, longestMs: 5_000 };
/** Objects asked for at a time when all are asked for anew; those of a pod that starts are asked for at once. */
const PARALLEL = 4;

/**
 * The Secrets, ConfigMaps and claims that pods of this node name, and the volumes that those claims are bound to, and no others: each
 * is asked for when the first pod comes that names it, again when the journal says that it has changed, and forgotten with the last
 * such pod.
 */
@Injectable()
export class References implements OnApplicationShutdown {
  readonly #held = new Map<string, Reference>();
  readonly #byPod = new Map<string, readonly Reference[]>();
  readonly #listeners = new Set<(podUids: readonly string[]) => void>();
  readonly #closing = new AbortController();

  constructor(
    private readonly query: ReferenceQuery,
    private readonly notes: Notes,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Calls back with the uids of the pods whose object is another one than before. */
  onChange(listener: (podUids: readonly string[]) => void): void {
    this.#listeners.add(listener);
  }

  /** Keeps what the pod names from now on, and asks for what isn't known yet. */
  hold(pod: Pod): void {
    const { uid, namespace = '' } = pod.metadata;
    const before = this.#byPod.get(uid) ?? [];
    const named = Array.from(referencesOf(pod), (name) => this.#hold(keyOf(namespace, name), pod));
    const references = [...named, ...this.#holdVolumes(named, pod)];
    this.#byPod.set(uid, references);
    for (const reference of before) if (!references.includes(reference)) this.#leave(reference, uid);
  }

  /** Forgets what no other pod names. */
  release(podUid: string): void {
    const references = this.#byPod.get(podUid) ?? [];
    this.#byPod.delete(podUid);
    for (const reference of references) this.#leave(reference, podUid);
  }

  /**
   * Resolves once the journal has answered for everything that the pod names, however long it is away; rejects with the
   * reason when `signal` aborts. What was absent is asked for once more, without waiting: the pod hears of a change.
   */
  async answered(podUid: string, signal: AbortSignal): Promise<void> {
    const references = this.#byPod.get(podUid) ?? [];
    for (const reference of references) if (reference.object === null) this.#want(reference);
    // The answer for a claim names its volume, which is then asked for.
    for (let open = this.#open(podUid); open.length > 0; open = this.#open(podUid))
      await orAborted(Promise.all(open.map((reference) => reference.answered)), signal);
  }

  configMap(namespace: string, name: string): ObjectOf<'configmaps'> | undefined {
    return this.#get({ resource: 'configmaps', namespace, name }) as ObjectOf<'configmaps'> | undefined;
  }

  secret(namespace: string, name: string): ObjectOf<'secrets'> | undefined {
    return this.#get({ resource: 'secrets', namespace, name }) as ObjectOf<'secrets'> | undefined;
  }

  claim(namespace: string, name: string): ObjectOf<'persistentvolumeclaims'> | undefined {
    const key = { resource: 'persistentvolumeclaims', namespace, name } as const;
    return this.#get(key) as ObjectOf<'persistentvolumeclaims'> | undefined;
  }

  volume(name: string): ObjectOf<'persistentvolumes'> | undefined {
    return this.#get(volumeKey(name)) as ObjectOf<'persistentvolumes'> | undefined;
  }

  /** Resolves when no pod of this node has a volume of the cluster any more; rejects with the reason when `signal` aborts. */
  async unused(volume: string, signal: AbortSignal): Promise<void> {
    const id = idOf(volumeKey(volume));
    for (let held = this.#held.get(id); held !== undefined; held = this.#held.get(id))
      await orAborted(held.forgotten, signal);
  }

  /** The object may have changed. Nothing happens for one that no pod names. */
  changed(key: ReferenceKey): void {
    const reference = this.#held.get(idOf(key));
    if (reference !== undefined) this.#want(reference);
  }

  /** Asks for everything anew, a few at a time; resolves when all is answered, however long the journal is away. */
  async resync(): Promise<void> {
    const queue = this.#held.values();
    const work = async (): Promise<void> => {
      for (const reference of queue) {
        this.#want(reference);
        await reference.asking;
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
  }

  onApplicationShutdown(): void {
    this.#closing.abort();
  }

  #get(key: ReferenceKey): unknown {
    return this.#held.get(idOf(key))?.object ?? undefined;
  }

  #open(podUid: string): Reference[] {
    return (this.#byPod.get(podUid) ?? []).filter(({ object }) => object === undefined);
  }

  /** What the claims among a pod's references are bound to, as far as they are known. */
  #holdVolumes(named: readonly Reference[], pod: Pod): Reference[] {
    const claims = named.filter(({ key }) => key.resource === 'persistentvolumeclaims');
    return claims.flatMap(({ object }) => {
      const name = (object as ObjectOf<'persistentvolumeclaims'> | null | undefined)?.spec?.volumeName ?? '';
      return name === '' ? [] : [this.#hold(volumeKey(name), pod)];
    });
  }

  #hold(key: ReferenceKey, pod: Pod): Reference {
    const id = idOf(key);
    const known = this.#held.get(id);
    const reference = known ?? new Reference(key);
    reference.pods.set(pod.metadata.uid, pod);
    if (known === undefined) {
      this.#held.set(id, reference);
      this.#want(reference);
    }
    return reference;
  }

  #leave(reference: Reference, podUid: string): void {
    reference.pods.delete(podUid);
    if (reference.pods.size > 0) return;
    this.#held.delete(idOf(reference.key));
    reference.forget();
  }

  /** Asks for an object, now or as soon as the asking that goes on is answered. */
  #want(reference: Reference): void {
    reference.wanted = true;
    reference.asking ??= this.#ask(reference);
  }

  async #ask(reference: Reference): Promise<void> {
    const backOff = new BackOff(BACK_OFF);
    do {
      reference.wanted = false;
      try {
        // The latest pod first: those before it may have left the log.
        const object = await this.query.ask(reference.key, [...reference.pods.values()].reverse());
        backOff.succeeded();
        const isAnother = reference.take(object);
        if (reference.key.resource === 'persistentvolumeclaims')
          for (const pod of reference.pods.values()) this.hold(pod);
        if (isAnother) this.#tell(reference);
      } catch (error) {
        reference.wanted = true;
        this.#complain(reference, error, backOff.failures === 0);
        await pause(backOff.failed(), this.#closing.signal);
      }
    } while (reference.wanted && this.#isHeld(reference));
    reference.asking = undefined;
  }

  #isHeld(reference: Reference): boolean {
    return reference.pods.size > 0 && !this.#closing.signal.aborted;
  }

  #tell(reference: Reference): void {
    for (const listener of this.#listeners) listener([...reference.pods.keys()]);
  }

  /** Pods that wait for the object say so, once. */
  #complain({ key, object, pods }: Reference, error: unknown, isFirst: boolean): void {
    this.logger.warn({ err: error, ...key }, 'could not ask for an object that pods name; trying again');
    if (!isFirst || object !== undefined) return;
    const name = `${REFERENCED[key.resource]} "${key.name}"`;
    const reason = messageOf(error);
    for (const pod of pods.values()) {
      this.notes.say(pod, 'Warning', 'FailedMount', `failed to fetch ${name}; trying again: ${reason}`);
    }
  }
}

/** Of `secrets/name`, as `referencesOf` writes it. */
function keyOf(namespace: string, reference: string): ReferenceKey {
  const [resource, name = ''] = reference.split('/');
  return { resource: resource as ReferenceKey['resource'], namespace, name };
}

function volumeKey(name: string): ReferenceKey {
  return { resource: 'persistentvolumes', namespace: '', name };
}

function idOf({ resource, namespace, name }: ReferenceKey): string {
  return `${resource}/${namespace}/${name}`;
}
