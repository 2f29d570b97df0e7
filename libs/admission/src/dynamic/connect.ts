import type { KubeObject, KubeStatus, ResourceRow, UserInfo } from '@shiplog/contracts';
import { sameJson, type Result } from '@shiplog/apimachinery';
import type { ReadonlyCluster } from '../context';
import { readConnectOptions } from './connect-options';
import { AdmissionHooks } from './hooks';
import { AdmissionRun } from './run';
import type { AnsweredQuestion, WebhookQuestion } from './webhooks/question';

/** A connection to an object that somebody asks for, such as exec to a pod. */
export interface ConnectRequest {
  readonly user: UserInfo;
  readonly row: ResourceRow;
  readonly subresource: string;
  readonly namespace: string;
  /** As it is in the path: of a proxy with its scheme and port. */
  readonly name: string;
  /** What is asked for, for example PodExecOptions. */
  readonly options: KubeObject;
}

/** Whether somebody may connect; `asking`: webhooks are to be asked first, and it is to be decided again with their answers. */
export type ConnectDecision =
  /** With other options than those that were asked for, where some were made of them. */
  | { readonly kind: 'allowed'; readonly changed?: KubeObject }
  | { readonly kind: 'denied'; readonly status: KubeStatus }
  | { readonly kind: 'asking'; readonly questions: readonly WebhookQuestion[] };

/**
 * What policies and webhooks say of a connection (operation CONNECT): those that mutate first, then those that validate, as Kubernetes'
 * handler of connections has them.
 * @param answers by the questions' keys, what webhooks have answered so far
 * @param warnings collects what the client should be told, whatever is decided
 */
export function decideConnection(
  cluster: ReadonlyCluster,
  { user, row, subresource, namespace, name, options: asked }: ConnectRequest,
  answers?: ReadonlyMap<string, AnsweredQuestion>,
  warnings: string[] = [],
): ConnectDecision {
  if (cluster.admissionHooks() === AdmissionHooks.none) return { kind: 'allowed' };
  const read = (made: KubeObject): Result<KubeObject> => readConnectOptions(asked.kind, made);
  const given = read(asked);
  if (!given.ok) return { kind: 'denied', status: given.status };
  const { value: object } = given;
  const run = new AdmissionRun(cluster, { user, dryRun: false, options: null }, warnings, answers);
  const [version] = row.versions;
  const about = { operation: 'CONNECT', row, version, subresource, namespace, name, ownKind: object } as const;
  const mutated = run.mutate({ ...about, object }, read);
  const options = mutated.ok ? read(mutated.value ?? object) : mutated;
  const denial = options.ok ? run.validate({ ...about, object: options.value }) : options.status;
  if (run.questions.length > 0) return { kind: 'asking', questions: run.questions };
  if (denial !== undefined) return { kind: 'denied', status: denial };
  return options.ok && !sameJson(options.value, object)
    ? { kind: 'allowed', changed: options.value }
    : { kind: 'allowed' };
}
