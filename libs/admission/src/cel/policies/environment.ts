import type { Environment } from '@marcbachmann/cel-js';
import { CEL_OPTIONS, kubernetesEnvironment } from '../environment';
import { AUTHORIZER_TYPE, registerAuthorizer } from './authorizer';
import { registerMutations } from './mutation-types';

class GroupVersionKindValue {}
class GroupVersionResourceValue {}
class UserInfoValue {}
class RequestValue {}

const PACKAGE = 'kubernetes';
const TEXTS = 'string';

/** By their names, the types of what `request` holds: the fields of an AdmissionRequest but for its objects. */
const REQUEST_TYPES = [
  ['GroupVersionKind', GroupVersionKindValue, { group: TEXTS, version: TEXTS, kind: TEXTS }],
  ['GroupVersionResource', GroupVersionResourceValue, { group: TEXTS, version: TEXTS, resource: TEXTS }],
  [
    'UserInfo',
    UserInfoValue,
    { username: TEXTS, uid: TEXTS, groups: 'list<string>', extra: 'map<string, list<string>>' },
  ],
  [
    'AdmissionRequest',
    RequestValue,
    {
      kind: `${PACKAGE}.GroupVersionKind`,
      resource: `${PACKAGE}.GroupVersionResource`,
      subResource: TEXTS,
      requestKind: `${PACKAGE}.GroupVersionKind`,
      requestResource: `${PACKAGE}.GroupVersionResource`,
      requestSubResource: TEXTS,
      name: TEXTS,
      namespace: TEXTS,
      operation: TEXTS,
      userInfo: `${PACKAGE}.UserInfo`,
      dryRun: 'bool',
      options: 'dyn',
    },
  ],
] as const;

let base: Environment | undefined;

function withTypes(env: Environment): Environment {
  for (const [name, ctor, fields] of REQUEST_TYPES) env.registerType(`${PACKAGE}.${name}`, { ctor, fields });
  registerAuthorizer(env);
  registerMutations(env);
  return env;
}

/** Which of the variables there are beside the request and its objects. */
export interface DeclaredVariables {
  readonly params: boolean;
  readonly authorizer: boolean;
}

/** A new environment of the variables of policies and match conditions, in which `variables` can still be declared. */
export function policyEnvironment({ params, authorizer }: DeclaredVariables): Environment {
  base ??= withTypes(kubernetesEnvironment());
  const env = base.clone(CEL_OPTIONS);
  for (const name of ['object', 'oldObject', 'namespaceObject']) env.registerVariable(name, 'dyn');
  env.registerVariable('request', `${PACKAGE}.AdmissionRequest`);
  if (params) env.registerVariable('params', 'dyn');
  if (authorizer) env.registerVariable('authorizer', AUTHORIZER_TYPE);
  return env;
}

type Fields = Readonly<Record<string, unknown>>;

/** The value of `request` for an AdmissionRequest; its options are a value of CEL already. */
export function requestValue(request: {
  readonly kind: Fields;
  readonly resource: Fields;
  readonly requestKind: Fields;
  readonly requestResource: Fields;
  readonly userInfo: Fields;
  readonly [field: string]: unknown;
}): object {
  return Object.assign(new RequestValue(), request, {
    kind: Object.assign(new GroupVersionKindValue(), request.kind),
    resource: Object.assign(new GroupVersionResourceValue(), request.resource),
    requestKind: Object.assign(new GroupVersionKindValue(), request.requestKind),
    requestResource: Object.assign(new GroupVersionResourceValue(), request.requestResource),
    userInfo: Object.assign(new UserInfoValue(), request.userInfo),
  });
}
