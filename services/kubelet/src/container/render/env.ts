import type { Container, EnvVar, ObjectOf, ServiceAccountTokenProjection } from '@shiplog/contracts';
import type { Pod } from '../../domain/pod';
import { ContainerConfigError } from '../start-failure';
import { renderExpansion } from './expansion';
import { renderField, renderResource, type NodeFacts } from './fields';
import { renderServiceEnv } from './service-env';

/** What of the cluster a container's configuration may refer to. */
export interface ConfigSource {
  configMap(namespace: string, name: string): ObjectOf<'configmaps'> | undefined;
  secret(namespace: string, name: string): ObjectOf<'secrets'> | undefined;
  claim(namespace: string, name: string): ObjectOf<'persistentvolumeclaims'> | undefined;
  /** A volume of the cluster that a claim is bound to. */
  volume(name: string): ObjectOf<'persistentvolumes'> | undefined;
  services(): readonly ObjectOf<'services'>[];
  /** As the Node has them: also those that others gave it. */
  nodeLabels(): Readonly<Record<string, string>>;
  /** A token of the pod's service account, as a projection of the pod asks for it; undefined until the api has answered. */
  accountToken(podUid: string, projection: ServiceAccountTokenProjection): string | undefined;
}

export interface EnvContext {
  readonly pod: Pod;
  readonly source: ConfigSource;
  readonly node: NodeFacts;
  /** The pod's addresses, the primary one first; empty before it has its network. */
  readonly podIPs: readonly string[];
}

/** Secrets travel in base64. */
export function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString();
}

/** A container's environment by name. Throws ContainerConfigError when it refers to something that isn't there. */
export function renderEnv(container: Container, context: EnvContext): Map<string, string> {
  const { pod, source } = context;
  const namespace = pod.metadata.namespace ?? '';
  const services = renderServiceEnv(source.services(), namespace, pod.spec?.enableServiceLinks !== false);
  const own = new Map<string, string>();
  for (const from of container.envFrom ?? []) addFrom(own, from, namespace, source);
  for (const variable of container.env ?? []) {
    const known = new Map([...services, ...own]);
    const value = valueOf(variable, container, context, known);
    if (value !== undefined) own.set(variable.name, value);
  }
  for (const [name, value] of services) if (!own.has(name)) own.set(name, value);
  return own;
}

/** Whether a container's environment needs the pod's address, which is known only once the network is there. */
export function needsPodIP(container: Container): boolean {
  return (container.env ?? []).some((item) => item.valueFrom?.fieldRef?.fieldPath.startsWith('status.podIP') === true);
}

function addFrom(
  env: Map<string, string>,
  from: NonNullable<Container['envFrom']>[number],
  namespace: string,
  source: ConfigSource,
): void {
  const add = (entries: Readonly<Record<string, string>> | undefined): void => {
    for (const [key, value] of Object.entries(entries ?? {})) {
      // Any key may be a name: Kubernetes leaves none out since 1.30 (RelaxedEnvironmentVariableValidation).
      env.set(`${from.prefix ?? ''}${key}`, value);
    }
  };
  if (from.configMapRef !== undefined) {
    const { name = '', optional } = from.configMapRef;
    const found = source.configMap(namespace, name);
    if (found === undefined && optional !== true) throw new ContainerConfigError(`configmap "${name}" not found`);
    add(found?.data);
  }
  if (from.secretRef !== undefined) {
    const { name = '', optional } = from.secretRef;
    const found = source.secret(namespace, name);
    if (found === undefined && optional !== true) throw new ContainerConfigError(`secret "${name}" not found`);
    add(Object.fromEntries(Object.entries(found?.data ?? {}).map(([key, value]) => [key, decodeBase64(value)])));
  }
}

function valueOf(
  variable: EnvVar,
  container: Container,
  context: EnvContext,
  known: ReadonlyMap<string, string>,
): string | undefined {
  const from = variable.valueFrom;
  if (from === undefined) return renderExpansion(variable.value ?? '', known);
  const { pod, source, node, podIPs } = context;
  const namespace = pod.metadata.namespace ?? '';
  if (from.fieldRef !== undefined) return renderField(pod, from.fieldRef, node, podIPs);
  if (from.resourceFieldRef !== undefined) return renderResource(pod, container, from.resourceFieldRef, node);
  if (from.configMapKeyRef !== undefined) {
    const { name = '', key, optional } = from.configMapKeyRef;
    const found = source.configMap(namespace, name);
    return pick('configmap', 'ConfigMap', { namespace, name, key, optional }, found?.data, (value) => value);
  }
  if (from.secretKeyRef !== undefined) {
    const { name = '', key, optional } = from.secretKeyRef;
    return pick(
      'secret',
      'Secret',
      { namespace, name, key, optional },
      source.secret(namespace, name) && (source.secret(namespace, name)?.data ?? {}),
      decodeBase64,
    );
  }
  throw new ContainerConfigError(`environment variable ${variable.name} has a source that is not supported`);
}

function pick(
  resource: string,
  kind: string,
  ref: { namespace: string; name: string; key: string; optional: boolean | undefined },
  data: Readonly<Record<string, string>> | undefined,
  decode: (value: string) => string,
): string | undefined {
  const value = data?.[ref.key];
  if (value !== undefined) return decode(value);
  if (ref.optional === true) return undefined;
  if (data === undefined) throw new ContainerConfigError(`${resource} "${ref.name}" not found`);
  throw new ContainerConfigError(`couldn't find key ${ref.key} in ${kind} ${ref.namespace}/${ref.name}`);
}
