import {
  isClusterActor,
  nodeActor,
  serviceActor,
  COMMANDS,
  principalName,
  principalOf,
  ROLES,
  type AnyCommand,
  type CommandType,
  type KubeStatus,
  type Principal,
  type PrincipalKind,
} from '@shiplog/contracts';
import { isJsonObject, statusOf } from '@shiplog/apimachinery';
import type { ReadonlyCluster } from '../state';
import { nodeRejection } from './node';
import { schedulerRejection } from './scheduler';
import { userRejection } from './user';

/** Command types that each kind of principal may send at all: from the declarations of the messages. */
const TYPES = new Map<PrincipalKind, ReadonlySet<CommandType>>(
  ROLES.map((role) => principalOf({ role, name: '' }).kind).map((kind) => [
    kind,
    new Set(
      COMMANDS.filter(({ from }) => from.some((role) => principalOf({ role, name: '' }).kind === kind)).map(
        ({ name }) => name,
      ),
    ),
  ]),
);

/** Ids that a controller makes up from what it decides on: taken by somebody else, they would keep it from acting. */
const CONTROLLER_ID = /^(?:cronjob|job|rc)\./;

/**
 * Whether a principal may have a command decided; undefined: it may. Pure, and run before `decide` on the state that the
 * command is decided on, for every door and every item of a batch. A principal is who the NATS server says it is; the
 * actor is who the principal says it speaks for, and must be one that it may speak for.
 */
export function authorise(state: ReadonlyCluster, principal: Principal, command: AnyCommand): KubeStatus | undefined {
  const reason =
    typeRejection(principal, command) ??
    madeRejection(principal, command) ??
    actorRejection(principal, command) ??
    detailsRejection(principal, command) ??
    reconciledRejection(principal, command) ??
    roleRejection(state, principal, command);
  if (reason !== undefined) return forbidden(principal, command, reason);
  return speaksForUser(principal, command) ? userRejection(state, command) : undefined;
}

/** Whether a command is a user's, who has rights; the cluster's own parts have what they are declared to send. */
function speaksForUser({ kind }: Principal, { actor }: AnyCommand): boolean {
  return kind === 'user' || (kind === 'api' && !isClusterActor(actor));
}

/** Whether an id may be a principal's own: an answer is kept under its id, also a rejection. */
export function mayUseId({ kind }: Principal, id: string): boolean {
  return kind === 'controller' || !CONTROLLER_ID.test(id);
}

function typeRejection(principal: Principal, { type, id }: AnyCommand): string | undefined {
  if (TYPES.get(principal.kind)?.has(type) !== true) return `it may not send ${type}`;
  if (!mayUseId(principal, id)) return `the id ${id} is of a controller's form`;
  return undefined;
}

/** Events are made from the log where they are read: nobody else can know them. */
function madeRejection({ kind }: Principal, { data }: AnyCommand): string | undefined {
  return kind !== 'api' && 'made' in data && data.made !== undefined
    ? 'only an api knows what is made from the log'
    : undefined;
}

/** Nobody else has authenticated anybody: in which groups a sender is would be its own word. */
function detailsRejection({ kind }: Principal, { user }: AnyCommand): string | undefined {
  return kind !== 'api' && user !== undefined ? 'only an api knows more of a user than the name' : undefined;
}

/** Their decisions are made again from the log: nobody else may write one into it. */
function reconciledRejection({ kind }: Principal, { reconciled }: AnyCommand): string | undefined {
  return kind !== 'controller' && reconciled !== undefined
    ? 'only a controller knows how it came to a command'
    : undefined;
}

function actorRejection({ kind, name }: Principal, { actor, user }: AnyCommand): string | undefined {
  const isOwn = ((): boolean => {
    switch (kind) {
      case 'api':
        // It has authenticated its users; nobody of the cluster itself comes by that door, whatever a certificate calls them.
        return isClusterActor(actor) ? actor === serviceActor('api') && user === undefined : true;
      case 'node':
        return actor === nodeActor(name);
      case 'user':
        return actor === name;
      default:
        return actor === serviceActor(kind);
    }
  })();
  return isOwn ? undefined : `it may not speak for ${actor}`;
}

function roleRejection(state: ReadonlyCluster, principal: Principal, command: AnyCommand): string | undefined {
  switch (principal.kind) {
    case 'node':
      return nodeRejection(state, principal.name, command);
    case 'controller':
      return controllerRejection(command);
    case 'scheduler':
      return schedulerRejection(command);
    case 'dns':
      return dnsRejection(command);
    default:
      return undefined;
  }
}

/** Controllers own the kinds that they write; of a Secret they see to its metadata and its end, never to its data. */
function controllerRejection(command: AnyCommand): string | undefined {
  if (!('resource' in command.data) || command.data.resource !== 'secrets') return undefined;
  if (command.type === 'DeleteObject' || command.type === 'DeleteCollection') return undefined;
  const { patch } = command.type === 'PatchObject' ? command.data : { patch: undefined };
  const isMetadata = isJsonObject(patch) && Object.keys(patch).every((field) => field === 'metadata');
  return isMetadata ? undefined : 'it may not write the data of Secrets';
}

/** Where the cluster's DNS is reached, and nothing else. */
function dnsRejection({ type, data }: AnyCommand): string | undefined {
  if (type !== 'CreateObject' && type !== 'ReplaceObject') return `it may not send ${type}`;
  const name = type === 'CreateObject' ? (data.object.metadata?.name ?? '') : data.name;
  const isOwn =
    data.namespace === 'kube-system' &&
    ((data.resource === 'services' && name === 'kube-dns') ||
      (data.resource === 'endpointslices.discovery.k8s.io' && name.startsWith('kube-dns-')));
  const isWhole = type === 'CreateObject' || (data.subresource ?? '') === '';
  return isOwn && isWhole ? undefined : 'it may write only the Service kube-dns and its slices';
}

function forbidden(principal: Principal, command: AnyCommand, reason: string): KubeStatus {
  const { resource = 'pods', name = '' } = command.data as { resource?: 'pods'; name?: string };
  return statusOf.forbidden(resource, name, `${principalName(principal)}: ${reason}`);
}
