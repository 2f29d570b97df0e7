import { BusUnavailable } from '@shiplog/bus';
import { ClusterState, decide, replyOf, ViewFold, type AppliedEvent, type ReadonlyCluster } from '@shiplog/cluster';
import {
  ADMINISTRATOR,
  builtIn,
  CONTROLLER_VIEW,
  storedApiVersion,
  type AnyCommand,
  type CommandReply,
  type KubeObject,
  type LogEvent,
  type ObjectOf,
  type BuiltIn,
  type StoredObject,
} from '@shiplog/contracts';
import { guardedEvent, guardedState } from '../../../../libs/cluster/src/testing/guarded';
import type { Controller, Note } from '../runtime/domain/controller';
import { Reconciler, type ReconcilerOptions } from '../runtime/reconciler';
import type { Client } from '../runtime/client';
import { EPOCH } from './objects';

const SETTINGS = {
  serviceCidr: '10.96.0.0/16',
  clusterCidr: '10.244.0.0/16',
  nodePortRange: [30_000, 32_767] as [number, number],
};
const MOST_TURNS = 10_000;

/** A journal and a projection in memory: the real `decide` and the real fold, with a clock that the spec turns. */
export class TestCluster implements Client {
  readonly log: LogEvent[] = [];
  /** What the journal knows. */
  readonly journal = new ClusterState();
  private readonly projected = new ClusterState(new Map(), new ViewFold(CONTROLLER_VIEW).fold);
  /** What controllers see, and no more than that; behind the journal while `lagging`. */
  readonly state: ReadonlyCluster = guardedState(CONTROLLER_VIEW, this.projected);
  position = 0;
  lagging = false;
  clock = EPOCH;
  /** Commands that nobody answers, though the journal may have decided them: the outcome is in doubt. */
  loseReply: (command: AnyCommand) => boolean = () => false;
  /** After each command that the journal has decided. */
  onDecided: () => void = () => {};
  readonly notes: Note[] = [];
  readonly lines: { level: string; fields: object; line: string }[] = [];
  private readonly replies = new Map<string, CommandReply>();
  private readonly listeners = new Set<(batch: readonly AppliedEvent[]) => void>();
  private readonly reconcilers: Reconciler[] = [];
  private ids = 0;

  note(note: Note): void {
    this.notes.push(note);
  }

  now(): number {
    return this.clock;
  }

  newCommandId(): string {
    return `command-${++this.ids}`;
  }

  onApplied(listener: (batch: readonly AppliedEvent[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async command(command: AnyCommand): Promise<CommandReply> {
    await Promise.resolve();
    const reply = this.decideOnce(JSON.parse(JSON.stringify(command)) as AnyCommand);
    this.onDecided();
    if (this.loseReply(command)) throw new BusUnavailable('journal', 0, 'no answer');
    if (!this.lagging) this.deliver();
    return reply;
  }

  /** Sends a command as a user and throws what the journal refuses. */
  async send(command: Omit<AnyCommand, 'id' | 'actor'>): Promise<Extract<CommandReply, { ok: true }>> {
    const reply = await this.command({ ...command, id: this.newCommandId(), actor: ADMINISTRATOR } as AnyCommand);
    if (!reply.ok) throw new Error(reply.status.message);
    return reply;
  }

  async create<R extends BuiltIn>(
    resource: R,
    object: { metadata: object; [field: string]: unknown },
  ): Promise<ObjectOf<R>> {
    const row = builtIn(resource);
    const { namespace = row.namespaced ? 'default' : '' } = object.metadata as { namespace?: string };
    const whole = { apiVersion: storedApiVersion(row), kind: row.kind, ...object } as unknown as KubeObject;
    const { key } = await this.send({ type: 'CreateObject', data: { resource, namespace, object: whole } });
    return this.journal.get(resource, key!.namespace, key!.name)!;
  }

  async patch(resource: BuiltIn, name: string, patch: object, subresource?: string): Promise<void> {
    const namespace = builtIn(resource).namespaced ? 'default' : '';
    await this.send({
      type: 'PatchObject',
      data: { resource, namespace, name, subresource, patchType: 'strategic', patch },
    });
  }

  async delete(resource: BuiltIn, name: string, options: object = {}): Promise<void> {
    const namespace = builtIn(resource).namespaced ? 'default' : '';
    await this.send({ type: 'DeleteObject', data: { resource, namespace, name, ...options } });
  }

  /** Lets controllers see all that the journal has decided. */
  deliver(): void {
    const batch = this.log.slice(this.position).map((event) => {
      this.position = event.position;
      return guardedEvent(CONTROLLER_VIEW, this.projected.apply(event));
    });
    if (batch.length > 0) for (const listener of this.listeners) listener(batch);
  }

  run(controller: Controller, options: Partial<ReconcilerOptions> = {}): Reconciler {
    const line = (level: string) => (fields: object, text: string) =>
      void this.lines.push({ level, fields, line: text });
    const log = { debug: line('debug'), warn: line('warn'), error: line('error') };
    const backOff = { firstMs: 1, longestMs: 4 };
    const reconciler = new Reconciler(controller, this, log, {
      actor: 'system:shiplog:controller',
      backOff,
      ...options,
    });
    this.reconcilers.push(reconciler);
    reconciler.start();
    return reconciler;
  }

  /** Resolves when no controller has anything left to do now. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.reconcilers.every((reconciler) => reconciler.idle) && this.position === this.log.length) return;
    }
    throw new Error('the controllers do not come to rest');
  }

  /** Moves the clock and lets every controller look again. */
  async pass(seconds: number): Promise<void> {
    this.clock += seconds * 1000;
    for (const reconciler of this.reconcilers) reconciler.resync();
    await this.settle();
  }

  async stop(): Promise<void> {
    await Promise.all(this.reconcilers.splice(0).map((reconciler) => reconciler.stop()));
  }

  private decideOnce(command: AnyCommand): CommandReply {
    const known = this.replies.get(command.id);
    if (known !== undefined) return known;
    const position = this.log.length;
    const time = new Date(this.clock).toISOString();
    const uid = `00000000-0000-4000-8000-${String(position + 1).padStart(12, '0')}`;
    const decided = decide(this.journal, command, { time, uid, position, settings: SETTINGS });
    if (!decided.ok) return decided;
    decided.events.forEach((event, commandSeq) => {
      const { actor, id: commandId, basis } = command;
      const cause = event.cause ?? command.cause;
      const logged = { ...event, cause, position: this.log.length + 1, time, actor, commandId, commandSeq, basis };
      const entry = JSON.parse(JSON.stringify(logged)) as LogEvent;
      this.log.push(entry);
      this.journal.apply(entry);
    });
    const reply = replyOf(decided.reply, position + 1, decided.events.length);
    this.replies.set(command.id, reply);
    return reply;
  }
}

/** The names of objects, in order. */
export function names(objects: readonly { metadata: StoredObject['metadata'] }[]): string[] {
  return objects.map(({ metadata }) => metadata.name).sort();
}
