import {
  builtIn,
  eventType,
  storedApiVersion,
  type BuiltIn,
  type CommandData,
  type CommandReply,
  type CommandType,
  type AnyCommand,
  type EventType,
  type LogEvent,
  type Reconciliation,
  type ResourceId,
} from '@shiplog/contracts';
import { ClusterState } from '../../state';
import type { AnsweredQuestion, WebhookQuestion } from '@shiplog/admission';
import { decide, replyOf, type CommandMetadata, type Decided } from '..';
import type { StoredObject, WebhookAnswer } from '@shiplog/contracts';

export const SETTINGS = {
  serviceCidr: '10.96.0.0/16',
  clusterCidr: '10.244.0.0/16',
  nodePortRange: [30000, 32767] as [number, number],
};
const START = Date.UTC(2026, 0, 1);

/** A command as the specs write it: what differs from case to case. */
export type Asked = {
  [T in CommandType]: { type: T; data: CommandData[T]; actor?: string; cause?: number; reconciled?: Reconciliation };
}[CommandType];

/** What a command came to, ready to be looked at. */
export interface Told {
  readonly types: EventType[];
  readonly events: readonly LogEvent[];
  readonly reply: CommandReply;
  /** Code and message of the rejection. */
  readonly rejection?: { code?: number; reason?: string; message?: string };
}

/** A cluster that a spec tells commands to; it keeps its log, so that a spec can fold it again. */
export class TestCluster {
  readonly state = new ClusterState();
  readonly log: LogEvent[] = [];
  /** What webhooks answer. */
  webhooks: (question: WebhookQuestion) => WebhookAnswer = () => ({ allowed: true });
  /** Every question that they were asked. */
  readonly questions: WebhookQuestion[] = [];
  #commands = 0;

  /** Decides a command, applies its events, and says what happened. Each command comes a second after the one before. */
  when(asked: Asked): Told {
    const nth = ++this.#commands;
    const time = new Date(START + nth * 1_000).toISOString();
    const command = { id: `c${nth}`, actor: 'admin', ...asked } as AnyCommand;
    const metadata = { time, uid: `uid-${nth}`, position: this.log.length, settings: SETTINGS };
    const decided = this.#decide(command, metadata);
    const first = this.log.length + 1;
    const events = this.#apply(command, time, decided);
    if (!decided.ok) {
      const { code, reason, message } = decided.status;
      return { types: [], events, reply: { ok: false, status: decided.status }, rejection: { code, reason, message } };
    }
    return { types: events.map(eventType), events, reply: replyOf(decided.reply, first, events.length) };
  }

  /** As `when`, for what a spec takes for granted: throws when the command is refused. */
  given(asked: Asked): this {
    const { rejection } = this.when(asked);
    if (rejection !== undefined) throw new Error(`given command refused: ${rejection.message}`);
    return this;
  }

  get(resource: ResourceId, namespace: string, name: string): StoredObject | undefined {
    return this.state.get(resource, namespace, name);
  }

  /** Decides, and again with what webhooks answer, as long as there is any to be asked. */
  #decide(command: AnyCommand, metadata: CommandMetadata): Decided {
    const { position } = metadata;
    const answers = new Map<string, AnsweredQuestion>();
    for (;;) {
      const decided = decide(this.state, command, { ...metadata, asked: { answers, position } });
      const { questions } = decided.ok ? {} : decided;
      if (questions === undefined) return decided;
      for (const question of questions) {
        this.questions.push(question);
        answers.set(question.key, { question, basis: position, answer: this.webhooks(question) });
      }
    }
  }

  #apply(command: AnyCommand, time: string, decided: Decided): LogEvent[] {
    if (!decided.ok) return [];
    return decided.events.map((draft, commandSeq) => {
      const event: LogEvent = {
        ...draft,
        // What was decided must survive the way through the log.
        data: JSON.parse(JSON.stringify(draft.data)) as LogEvent['data'],
        position: this.log.length + 1,
        time,
        actor: command.actor,
        commandId: command.id,
        commandSeq,
        cause: draft.cause ?? command.cause,
      };
      this.state.apply({ ...event, data: draft.data });
      this.log.push(event);
      return event;
    });
  }
}

/** A cluster with the namespace default and the nodes given. */
export function cluster(...nodes: string[]): TestCluster {
  const made = new TestCluster().given(create('namespaces', 'default'));
  for (const node of nodes) made.given(create('nodes', node));
  return made;
}

type Fields = { metadata?: Record<string, unknown>; [field: string]: unknown };

/** CreateObject in the namespace default, or of a cluster-scoped object. */
export function create(
  resource: BuiltIn,
  name: string,
  { metadata, ...fields }: Fields = {},
  namespace = 'default',
): Asked {
  const row = builtIn(resource);
  const object = { apiVersion: storedApiVersion(row), kind: row.kind, metadata: { name, ...metadata }, ...fields };
  const home = row.namespaced ? namespace : '';
  return { type: 'CreateObject', data: { resource, namespace: home, object } };
}

export function createPod(name: string, { metadata, ...spec }: Fields = {}): Asked {
  return create('pods', name, { metadata, spec: { containers: [{ name: 'web', image: 'web:1' }], ...spec } });
}

export function patch(resource: BuiltIn, name: string, change: unknown, subresource?: string): Asked {
  const namespace = builtIn(resource).namespaced ? 'default' : '';
  return { type: 'PatchObject', data: { resource, namespace, name, subresource, patchType: 'merge', patch: change } };
}

export function remove(
  resource: BuiltIn,
  name: string,
  options: Omit<CommandData['DeleteObject'], 'resource' | 'namespace' | 'name'> = {},
): Asked {
  const namespace = builtIn(resource).namespaced ? 'default' : '';
  return { type: 'DeleteObject', data: { resource, namespace, name, ...options } };
}

export function bind(at: TestCluster, name: string, node: string): Asked {
  return { type: 'BindPods', data: { bindings: [{ ...refTo(at, name), node }] } };
}

/** The pod as commands name it. */
export function refTo(at: TestCluster, name: string): { namespace: string; name: string; uid: string } {
  return { namespace: 'default', name, uid: at.get('pods', 'default', name)?.metadata.uid ?? 'none' };
}
