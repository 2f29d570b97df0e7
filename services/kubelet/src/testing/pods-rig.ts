import { Test, type TestingModule } from '@nestjs/testing';
import type { Bus, NatsTransport } from '@shiplog/bus';
import type { AppliedEvent } from '@shiplog/cluster';
import type { ObjectOf, PodStatus, StoredObject } from '@shiplog/contracts';
import { Health, readConfig, ServiceModule } from '@shiplog/service';
import { eventually } from '@shiplog/testing';
import { pino } from 'pino';
import { ClusterView } from '../cluster/cluster-view';
import { RuntimeConnection } from '../runtime/runtime-connection';
import type { PodNetwork } from '../networking/pod-network';
import { PodDeletion } from '../pod/pod-deletion';
import { PodManager } from '../pod/pod-manager';
import { PodsModule } from '../pod/pods.module';
import type { Pod } from '../domain/pod';
import { ReferenceQuery } from '../references/reference-query';
import { References } from '../references/references';
import { ContainerTable } from '../runtime/container-table';
import { FakeRuntime } from '../runtime/testing/fake-runtime';
import { kubeletSettings } from '../settings';
import { Notes } from '../status/notes';
import { StatusReporter } from '../status/status-reporter';
import { POD_NETWORK, POD_RUNTIME } from '../tokens';
import { NodeMounts } from '../volumes/mounts/node-mounts';

/** Many times what pods of a spec have to say at once. */
const MOST_NOTES_A_TURN = 500;

/** A kubelet without a log and without an engine: both are in the spec's hands. */
export class PodsRig {
  readonly runtime = new FakeRuntime();
  readonly statuses = new Map<string, PodStatus>();
  readonly settled: PodStatus[] = [];
  readonly deleted: string[] = [];
  readonly attached = new Set<string>();
  readonly notes: string[] = [];
  /** What the kubelet has logged, as JSON. */
  readonly lines: string[] = [];
  readonly connection = { isUp: true };
  pods: Pod[] = [];
  node: ObjectOf<'nodes'> | undefined;
  attachError: Error | undefined;
  /** What the network agent does first: it may take its time, or throw. */
  onAttach: (pod: Pod) => Promise<void> = () => Promise.resolve();
  /** What the journal answers for a Secret or ConfigMap. */
  reference: () => Promise<StoredObject | null> = () => Promise.resolve(null);

  /** How often the kubelet had to be stopped from going round in microtasks. */
  loops = 0;
  #notesOfTurn = 0;
  #module: TestingModule | undefined;

  static async make(stateDir: string): Promise<PodsRig> {
    const rig = new PodsRig();
    rig.runtime.images.set('app:1', { id: 'sha256:app', digests: [], user: '', sizeBytes: 1_000 });
    rig.#module = await rig.#compile(stateDir);
    rig.runtime.watch((event) => {
      if (event.type === 'container') rig.table.refresh(event.id).catch(() => undefined);
    });
    rig.manager.adopt();
    return rig;
  }

  #compile(stateDir: string): Promise<TestingModule> {
    const config = {
      ...readConfig(kubeletSettings, { NODE_NAME: 'node-a', NODE_IP: '192.0.2.1', STATE_DIR: stateDir }),
    };
    const logger = pino({ level: 'info' }, { write: (line: string) => void this.lines.push(line) });
    const bus = {} as Bus;
    const context = { config, logger, bus, health: new Health('kubelet', 'node-a'), transport: {} as NatsTransport };
    return Test.createTestingModule({ imports: [ServiceModule.forRoot(context), PodsModule] })
      .overrideProvider(POD_RUNTIME)
      .useValue(this.runtime)
      .overrideProvider(RuntimeConnection)
      .useValue(this.connection)
      .overrideProvider(ClusterView)
      .useValue({
        isOpen: true,
        pods: () => this.pods,
        services: () => [],
        node: () => this.node,
        runtimeClass: () => undefined,
      })
      .overrideProvider(ReferenceQuery)
      .useValue({ ask: () => this.reference() })
      .overrideProvider(POD_NETWORK)
      .useValue(this.#network())
      .overrideProvider(StatusReporter)
      .useValue(this.#statuses())
      .overrideProvider(Notes)
      .useValue({ say: (_pod: Pod, _type: string, reason: string) => this.#note(reason) })
      .overrideProvider(PodDeletion)
      .useValue({ delete: ({ metadata }: Pod) => Promise.resolve(void this.deleted.push(metadata.uid)) })
      .compile();
  }

  #network(): PodNetwork {
    return {
      sandboxNetwork: () => ({ kind: 'detached' }),
      attach: async (pod) => {
        if (this.attachError !== undefined) throw this.attachError;
        await this.onAttach(pod);
        this.attached.add(pod.metadata.uid);
        return ['10.244.1.2'];
      },
      detach: (uid) => Promise.resolve(void this.attached.delete(uid)),
    };
  }

  /** A kubelet that goes round in microtasks would never let the spec fail: it is stopped here. */
  #note(reason: string): void {
    if (this.#notesOfTurn++ === 0) setImmediate(() => (this.#notesOfTurn = 0));
    if (this.#notesOfTurn > MOST_NOTES_A_TURN) {
      this.loops++;
      this.close();
      throw new Error('the kubelet goes round in microtasks');
    }
    this.notes.push(reason);
  }

  #statuses(): Pick<StatusReporter, 'offer' | 'settle' | 'forget'> {
    return {
      offer: ({ metadata }, status) => void this.statuses.set(metadata.uid, status),
      settle: (_pod, status) => Promise.resolve(void this.settled.push(status)),
      forget: () => undefined,
    };
  }

  get manager(): PodManager {
    return this.#part(PodManager);
  }

  get references(): References {
    return this.#part(References);
  }

  get mounts(): NodeMounts {
    return this.#part(NodeMounts);
  }

  get table(): ContainerTable {
    return this.#part(ContainerTable);
  }

  #part<T>(type: new (...args: never[]) => T): T {
    if (this.#module === undefined) throw new Error('the rig is not made yet');
    return this.#module.get(type, { strict: false });
  }

  close(): void {
    this.references.onApplicationShutdown();
    this.manager.onApplicationShutdown();
  }

  /** The log's word on a pod: what it was and what it is. */
  tell(before: Pod | undefined, after: Pod | undefined): void {
    const some = (after ?? before) as Pod;
    const event = { resource: 'pods', namespace: 'default', name: some.metadata.name } as AppliedEvent['event'];
    this.manager.applied([{ event, before, after } as unknown as AppliedEvent]);
  }

  status(uid = 'uid-1'): PodStatus | undefined {
    return this.statuses.get(uid);
  }

  /** The running app container of a pod; '' for none. */
  app(uid = 'uid-1'): string {
    const all = [...this.runtime.containers.values()].filter((item) => item.pod.uid === uid && item.role === 'app');
    return all.find((item) => item.state.phase === 'running')?.id ?? '';
  }

  untilRunning(uid = 'uid-1'): Promise<unknown> {
    return eventually(() => this.status(uid)?.phase === 'Running' && this.app(uid) !== '', { everyMs: 2 });
  }
}
