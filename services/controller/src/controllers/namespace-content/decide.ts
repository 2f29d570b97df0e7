import type { ObjectOf } from '@shiplog/contracts';
import { patchOf } from '@shiplog/kube';
import type { PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';

export const DEFAULT_ACCOUNT = 'default';
export const ROOT_CA = 'kube-root-ca.crt';
const CA_FILE_NAME = 'ca.crt';

/** All that the decision on what every namespace has looks at. */
export interface NamespaceContentView {
  namespace: ObjectOf<'namespaces'>;
  account: ObjectOf<'serviceaccounts'> | undefined;
  rootCa: ObjectOf<'configmaps'> | undefined;
  /** The certificate (PEM) that pods check the API's with; absent where the API's is not published. */
  certificate?: string;
}

/** Every live namespace has a service account `default` and, where there is one, the cluster's root certificate. */
export function decideNamespaceContent(view: NamespaceContentView): ReconcileResult {
  const { namespace, account, rootCa, certificate } = view;
  if (namespace.metadata.deletionTimestamp !== undefined) return { commands: [] };
  const { name } = namespace.metadata;
  const commands: PlannedCommand[] = [];
  if (account === undefined) commands.push(createAccount(name));
  if (certificate === undefined || isComing(rootCa)) return { commands };
  if (rootCa === undefined) commands.push(createRootCa(name, certificate));
  else if (rootCa.data?.[CA_FILE_NAME] !== certificate) commands.push(restoreRootCa(rootCa, certificate));
  return { commands };
}

/** A map on its way out is made again once it is gone. */
function isComing(rootCa: ObjectOf<'configmaps'> | undefined): boolean {
  return rootCa?.metadata.deletionTimestamp !== undefined;
}

function createAccount(namespace: string): PlannedCommand {
  const metadata = { name: DEFAULT_ACCOUNT, namespace };
  return {
    type: 'CreateObject',
    data: { resource: 'serviceaccounts', namespace, object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata } },
  };
}

function createRootCa(namespace: string, certificate: string): PlannedCommand {
  const metadata = {
    name: ROOT_CA,
    namespace,
    annotations: { 'kubernetes.io/description': "The certificate that signs the cluster's API endpoint." },
  };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [CA_FILE_NAME]: certificate } };
  return { type: 'CreateObject', data: { resource: 'configmaps', namespace, object } };
}

function restoreRootCa(map: ObjectOf<'configmaps'>, certificate: string): PlannedCommand {
  return patchOf('configmaps', map, { data: { [CA_FILE_NAME]: certificate } }, { patchType: 'merge' });
}
