import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { FIELD_MANAGER_BYTES } from '../budgets';
import type { PodStatus } from '../generated/kubernetes';
import type { CommandMessage } from './define';
import type { Role } from './principal';
import {
  Actor,
  AnyObject,
  CommandId,
  Decision,
  Key,
  KubernetesType,
  Line,
  Name,
  OneOf,
  PodReference,
  Optional,
  Position,
  ReconciliationSchema,
  ResourceName,
  Seconds,
  Status,
  UserDetails,
  withKey,
  withPod,
} from './schemas';
import { problemIn } from './validate';

const dryRun = Optional(Type.Boolean({ description: 'Decide and answer, but write nothing.' }));
const subresource = Optional(Line('Only this part: status, scale or finalize.'));
const apiVersion = Optional(
  Line('In which it is written, for example `events.k8s.io/v1`. Default: that in which it is stored.'),
);
const fieldManager = Optional(
  Type.String({
    format: 'line',
    maxLength: FIELD_MANAGER_BYTES,
    description: 'Whose the fields are that the command changes. Default: that of the part of the cluster that asks.',
  }),
);
/** Of an Event that is made from the log: as it is. By the change it becomes an object of the log. Only an api knows it. */
const made = Optional(AnyObject);
const deletionFields = {
  gracePeriodSeconds: Optional(Seconds('0 removes a pod without waiting for its containers.')),
  propagationPolicy: Optional(OneOf(['Background', 'Foreground', 'Orphan'], "Kubernetes' garbage collection modes.")),
  preconditions: Optional(
    Type.Object(
      { uid: Optional(Line()), resourceVersion: Optional(Line()) },
      { description: 'Refused (409) when the object is another one by now.' },
    ),
  ),
};
const cause = Optional(Position("Goes before the command's: the items became known by different events."));

const envelopeFields = {
  id: CommandId(),
  actor: Actor(),
  user: Optional(UserDetails),
  cause: Optional(Position('Of the event that made the actor act.')),
  basis: Optional(Position('That the actor had read.')),
  reconciled: Optional(ReconciliationSchema),
};

const ItemResultSchema = Type.Union([
  Type.Object({ ok: Type.Literal(true), position: Position() }),
  Type.Object({ ok: Type.Literal(false), status: Status }),
]);
const warnings = Optional(Type.Array(Type.String(), { description: 'What the sender should be told beside.' }));
export const CommandReplySchema = Type.Union(
  [
    Type.Object({
      ok: Type.Literal(true),
      position: Position("Of the command's last event; the object's resourceVersion when nothing had to change."),
      key: Optional(Key),
      uid: Optional(Type.String()),
      events: Type.Integer({ minimum: 0, description: 'How many events it made; 0: the state was as asked.' }),
      object: Optional(AnyObject),
      results: Optional(Type.Array(ItemResultSchema)),
      warnings,
    }),
    Type.Object({ ok: Type.Literal(false), status: Status, warnings }),
  ],
  { $id: 'CommandReply', description: "The journal's answer; `status` is what Kubernetes would answer." },
);

function command<const N extends string, D extends TSchema>(
  name: N,
  options: { summary: string; data: D; from: readonly Role[] },
): CommandMessage<N, D> {
  const fields = { ...envelopeFields, type: Type.Literal(name), data: options.data };
  const payload = Type.Object(fields, { $id: `${name}Command`, description: options.summary });
  return { kind: 'command', name, payload, reply: CommandReplySchema, answeredBy: ['journal'], ...options };
}

export const CreateObject = command('CreateObject', {
  summary: 'Creates an object; defaults, validates, and stamps name, uid and time.',
  data: Type.Object({ resource: ResourceName, namespace: Line(), object: AnyObject, apiVersion, fieldManager, dryRun }),
  from: ['api', 'controller', 'dns', 'kubelet', 'user'],
});

export const ReplaceObject = command('ReplaceObject', {
  summary: 'Replaces an object or a part of it.',
  data: withKey({ object: AnyObject, apiVersion, subresource, fieldManager, dryRun, made }),
  from: ['api', 'controller', 'dns', 'user'],
});

export const PatchObject = command('PatchObject', {
  summary: 'Patches an object or a part of it; the journal applies the patch, so it never races another write.',
  data: withKey({
    subresource,
    patchType: OneOf(['json', 'merge', 'strategic', 'apply'], 'Of these apply makes an object that is not there.'),
    patch: Type.Unknown(),
    apiVersion,
    fieldManager,
    force: Optional(Type.Boolean({ description: 'An apply patch takes fields from whoever else manages them.' })),
    dryRun,
    made,
  }),
  from: ['api', 'controller', 'scheduler', 'kubelet', 'network', 'user'],
});

export const DeleteObject = command('DeleteObject', {
  summary: 'Deletes an object.',
  data: withKey({ ...deletionFields, dryRun, made }),
  from: ['api', 'controller', 'kubelet', 'user'],
});

export const DeleteCollection = command('DeleteCollection', {
  summary: 'Deletes what the selectors choose: a few in one commit, many in several, with one answer at the end.',
  data: Type.Object({
    resource: ResourceName,
    namespace: Line(),
    labelSelector: Optional(Line()),
    fieldSelector: Optional(Line()),
    apiVersion,
    ...deletionFields,
    dryRun,
  }),
  from: ['api', 'controller', 'user'],
});

export const EvictPod = command('EvictPod', {
  summary: 'Deletes a pod if its PodDisruptionBudget allows that, and charges the budget for it.',
  data: Type.Object({ namespace: Line(), name: Line(), ...deletionFields, dryRun }),
  from: ['api', 'controller', 'user'],
});

export const BindPods = command('BindPods', {
  summary: 'Gives pods their nodes; each item is accepted or refused on its own.',
  data: Type.Object({ bindings: Type.Array(withPod({ node: Name(), cause, decision: Optional(Decision) })) }),
  from: ['api', 'scheduler', 'user'],
});

export const PreemptPods = command('PreemptPods', {
  summary:
    'Evicts pods for more important ones, which are nominated to their nodes; each item is done as a whole or refused.',
  data: Type.Object({
    preemptions: Type.Array(
      withPod({
        node: Name('Where the pod is to go when the victims are gone.'),
        victims: Type.Array(PodReference),
        outranked: Type.Array(PodReference, { description: 'Less important pods that were nominated to the node.' }),
        message: Type.String({ description: 'Why it fits nowhere yet.' }),
        cause,
        decision: Decision,
      }),
    ),
  }),
  from: ['scheduler'],
});

export const MarkPodsUnschedulable = command('MarkPodsUnschedulable', {
  summary: 'Says which pods fit on no node, and why.',
  data: Type.Object({
    pods: Type.Array(
      withPod({
        message: Type.String(),
        losesNomination: Optional(
          Type.Boolean({
            description: 'Nor does the node that it was nominated to: room is no longer made for it there.',
          }),
        ),
        cause,
        decision: Decision,
      }),
    ),
  }),
  from: ['scheduler'],
});

export const ReportPods = command('ReportPods', {
  summary: "Reports what a kubelet saw of its node's pods; each difference becomes an event of its own name.",
  data: Type.Object({
    node: Name(),
    pods: Type.Array(
      withPod({
        status: KubernetesType<PodStatus>('PodStatus'),
        cause: Optional(Position('Of what the pod was seen to by: its binding, or that it is to go.')),
        containers: Optional(
          Type.Record(Type.String(), Position(), {
            description: 'By the name of a container: its last start or end. The newest of the two is the cause.',
          }),
        ),
      }),
    ),
  }),
  from: ['kubelet'],
});

/** Every command. */
export const COMMANDS = [
  CreateObject,
  ReplaceObject,
  PatchObject,
  DeleteObject,
  DeleteCollection,
  EvictPod,
  BindPods,
  PreemptPods,
  MarkPodsUnschedulable,
  ReportPods,
] as const;

export type CommandDeclaration = (typeof COMMANDS)[number];
/** The data of each command type. */
export type CommandData = { [M in CommandDeclaration as M['name']]: Static<M['data']> };

const BY_TYPE: ReadonlyMap<unknown, CommandDeclaration> = new Map(
  COMMANDS.map((declared) => [declared.name, declared]),
);

/**
 * What is wrong with what should be a command of any type, in a sentence that names the field, or undefined. For items of
 * a batch and commands from a store; those that come on a subject of their own are checked by the transport.
 */
export function commandProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be a JSON object';
  const declared = BY_TYPE.get((value as { type?: unknown }).type);
  if (declared === undefined) return `type must be one of ${[...BY_TYPE.keys()].join(', ')}`;
  return problemIn(declared.payload, value);
}

/** Commands in one Batch message, at most. */
export const BATCH_LIMIT = 2_000;

const BatchPartSchema = Type.Object(
  {
    from: Type.Integer({ minimum: 0, description: 'The place in the batch of the first of these replies.' }),
    replies: Type.Array(CommandReplySchema),
  },
  {
    $id: 'BatchPart',
    description: 'Some of the replies, where all of them would not fit into one message, or some take longer.',
  },
);
/** A message that answers a batch: all replies, or those from a place on, with more messages for the others. */
export type BatchReply = readonly Static<typeof CommandReplySchema>[] | Static<typeof BatchPartSchema>;

/** Several commands in one message, answered by as many replies in the same order; each is decided on its own. */
export const Batch: CommandMessage<'Batch'> = {
  kind: 'command',
  name: 'Batch',
  summary:
    'Several commands in one message, answered by as many replies in the same order. Each is decided on its own. ' +
    'Replies that do not fit into one message come in several.',
  data: Type.Unknown(),
  payload: Type.Array(Type.Unknown({ description: 'A command of any type.' }), {
    maxItems: BATCH_LIMIT,
    problem: `must be a list of at most ${BATCH_LIMIT} commands`,
  }),
  reply: Type.Union([Type.Array(CommandReplySchema), BatchPartSchema]),
  from: ['api', 'scheduler', 'controller', 'kubelet', 'user'],
  answeredBy: ['journal'],
};
