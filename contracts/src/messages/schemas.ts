import { FormatRegistry, Type, type TProperties, type TSchema } from '@sinclair/typebox';
import type { Reconciliation, SchedulingDecision } from '../decisions';
import type { KubeStatus } from '../generated/kubernetes';
import type { KubeObject } from '../objects';
import { EXCERPT_NAMES } from '../excerpts';

/** Names become columns, subjects and header values: no control characters, and no half of a surrogate pair. */
const LINE = 'line';
const CONTROL = /[\u0000-\u001f\u007f]/;
FormatRegistry.Set(LINE, isLine);

/** RFC 3339's times, as the Kubernetes API and JavaScript write them; the format's name is JSON Schema's. */
const TIME = 'date-time';
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
FormatRegistry.Set(TIME, (value) => RFC_3339.test(value) && !Number.isNaN(Date.parse(value)));

/** Whether a text can name something: it holds no control characters, and no half of a surrogate pair. */
export function isLine(text: string): boolean {
  return !CONTROL.test(text) && isWellFormed(text);
}

/** ES2024's String.prototype.isWellFormed, which the compiler's target does not know yet. */
function isWellFormed(value: string): boolean {
  return (value as unknown as { isWellFormed(): boolean }).isWellFormed();
}

/** Text on one line, that may be empty. */
export const Line = (description?: string) => Type.String({ format: LINE, ...described(description) });
/** Text on one line, that may not be empty. */
export const Name = (description?: string) => Type.String({ format: LINE, minLength: 1, ...described(description) });
export const Position = (description?: string) =>
  Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    problem: 'must be a position: a whole number from 0',
    ...described(description),
  });
export const Seconds = (description?: string) =>
  Type.Integer({ problem: 'must be a whole number of seconds', ...described(description) });
/** A moment, in UTC or with its offset. */
export const Time = (description?: string) =>
  Type.String({ format: TIME, problem: 'must be a time such as 2024-05-31T12:00:00Z', ...described(description) });
/** Ids and actors stand in headers, columns and lines of logs: what every one of them can hold, and no more than fits. */
const plainText = (description: string) =>
  Type.String({
    pattern: '^[ -~]{1,200}$',
    problem: 'must be 1 to 200 characters of printable ASCII',
    description,
  });
/** What names a command: the same id again gets the first one's answer, for as long as that is kept (COMMANDS_KEPT). */
export const CommandId = (description = "Names the command: the same id again gets the first one's answer.") =>
  plainText(description);
/** Who asks: a user's name, or `system:…`. */
export const Actor = () => plainText("Who asks: a user's name, or `system:…`.");
/** Labels are shorter, and who is in more groups than this is in too many for one request's headers. */
const GROUPS = 1_000;
/** What an authenticator knows of a user beside the name. Kubernetes' UserInfo, whose `username` is the command's actor. */
export const UserDetails = Type.Object(
  {
    uid: Type.Optional(Line()),
    groups: Type.Optional(Type.Array(Line(), { maxItems: GROUPS })),
    extra: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
  },
  { $id: 'UserDetails', description: 'What is known of a user beside the name; only an api has authenticated any.' },
);
export const OneOf = <const W extends readonly string[]>(words: W, description?: string) =>
  Type.Unsafe<W[number]>(
    Type.Union(
      words.map((word) => Type.Literal(word)),
      { problem: `must be one of ${words.join(', ')}`, ...described(description) },
    ),
  );
export const Optional = <S extends TSchema>(schema: S) => Type.Optional(schema);

/** A type of the Kubernetes API, by its name there: its own documents say what is in it; here it is a JSON object. */
export const KubernetesType = <T>(name: string) =>
  Type.Unsafe<T>(
    Type.Object(
      {},
      { $id: name, description: `A Kubernetes ${name}.`, externalDocs: { url: '/openapi/v3', description: name } },
    ),
  );

/** A resource of any kind that there is, or was: which ones there are is the log's to say, not the message's. */
export const ResourceName = Name('For example `pods` or `leases.coordination.k8s.io`.');

/** An object of any kind; what it must hold is admission's matter, not the message's. */
export const AnyObject = Type.Unsafe<KubeObject>(
  Type.Object({ metadata: Type.Object({}) }, { $id: 'KubeObject', description: 'An object of the Kubernetes API.' }),
);
export const Status = KubernetesType<KubeStatus>('Status');

const placeFields = { namespace: Line(), name: Name() };
/** What names an object: `namespace` is '' for cluster-scoped resources. */
export const Key = Type.Object(
  { resource: ResourceName, ...placeFields },
  { $id: 'Key', description: "What names an object: `namespace` is '' for cluster-scoped resources." },
);
export const withKey = <P extends TProperties>(fields: P) =>
  Type.Object({ resource: ResourceName, ...placeFields, ...fields });

const podFields = { namespace: Name(), name: Name(), uid: Name() };
/** Which pod: the uid guards against another pod of the same name. */
export const PodReference = Type.Object(podFields, {
  description: 'Which pod: the uid guards against another of its name.',
});
export const withPod = <P extends TProperties>(fields: P) => Type.Object({ ...podFields, ...fields });

/** What a scheduler records with its choice; see `SchedulingDecision`. */
export const Decision = Type.Unsafe<SchedulingDecision>(
  Type.Object(
    {},
    {
      $id: 'SchedulingDecision',
      description: 'How the scheduler came to its choice: policy, seed, winner, scores, refusals.',
    },
  ),
);

/** What a controller records with its commands; see `Reconciliation`. */
export const ReconciliationSchema = Type.Unsafe<Reconciliation>(
  Type.Object(
    {
      by: Name('The controller, for example `replication`.'),
      key: Line('What it reconciled, mostly namespace/name.'),
      now: Type.Number({ description: 'The moment of the decision, in milliseconds since 1970.' }),
      plan: Name('A hash of all commands of the decision.'),
      observed: Optional(
        Type.Record(Type.String(), Type.Unknown(), { description: 'What it looked at beyond the state.' }),
      ),
    },
    { $id: 'Reconciliation', description: 'How a controller came to its commands: enough to make the decision again.' },
  ),
);

/** As `Channel`. */
export const ChannelSchema = Type.Object(
  {
    resource: ResourceName,
    node: Optional(Line('Only the objects that belong to this node.')),
    excerpt: Optional(OneOf(EXCERPT_NAMES, 'Only what this excerpt has of the objects, and the events that touch it.')),
  },
  { $id: 'Channel', description: 'The events and objects of a resource.' },
);

/** The one answer instead of the declared one, to any question: why it could not be answered. */
export const Failure = Type.Object(
  { failed: Status },
  { $id: 'Failure', description: 'In place of an answer. 410 Gone: the position is not, or no longer, known.' },
);

function described(description: string | undefined): { description?: string } {
  return description === undefined ? {} : { description };
}
