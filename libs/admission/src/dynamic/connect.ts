import type { KubeObject, KubeStatus, ResourceRow, UserInfo, WebhookAnswer } from '@shiplog/contracts';
import type { ReadonlyCluster } from '../context';
import { AdmissionHooks } from './hooks';
import { AdmissionRun } from './run';

/** A connection to an object that somebody asks for, such as exec to a pod. */
export interface ConnectRequest {
  readonly user: UserInfo;
  readonly row: ResourceRow;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** What is asked for, for example PodExecOptions. */
  readonly options: KubeObject;
}

/** Policies only: no webhook is asked, which is a failure of those that should have been. */
class ConnectRun extends AdmissionRun {
  override answerTo(): WebhookAnswer {
    return { failure: 'failed to call webhook: connections are not shown to webhooks' };
  }
}

/** Why policies do not let somebody connect (operation CONNECT); undefined: they do, with warnings for the client. */
export function connectRejection(
  cluster: ReadonlyCluster,
  { user, row, subresource, namespace, name, options }: ConnectRequest,
  warnings: string[] = [],
): KubeStatus | undefined {
  if (cluster.admissionHooks() === AdmissionHooks.none) return undefined;
  // A connection has no options of its own beside its object.
  const facts = { user, dryRun: false, options: { kind: options.kind, apiVersion: options.apiVersion } };
  const [version] = row.versions;
  const about = { row, version, subresource, namespace, name, object: options, ownKind: options };
  return new ConnectRun(cluster, facts, warnings).validate({ operation: 'CONNECT', ...about });
}
