import type { Container, ContainerPort, EnvVar, PodSpec, ResourceRequirements } from '@shiplog/contracts';
import type { Problems } from '../problems';
import { dnsLabel, envVarName, ipAddress, portName, portNumber, qualifiedName } from '../values/names';
import { milliOf } from '../values/quantity';
import { validateHandler, validateProbes } from './probes';
import { validateMounts } from './volumes';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['FallbackToLogsOnError', 'File'];
const NATIVE_RESOURCES = ['cpu', 'memory', 'ephemeral-storage'];
const FIELD_PATHS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

/** Checks the containers of a pod spec: each alone, their names, and the host ports they share. */
export function validateContainers(spec: PodSpec, at: string, volumes: ReadonlySet<string>, problems: Problems): void {
  const names = new Set<string>();
  const containers = spec.containers ?? [];
  if (containers.length === 0) problems.required(`${at}.containers`);
  const hostPorts = new Set<string>();
  containers.forEach((container, i) => {
    const here = `${at}.containers[${i}]`;
    validateContainer(container, here, names, volumes, problems);
    validateHostPorts(container, spec, here, hostPorts, problems);
  });
  spec.initContainers?.forEach((container, i) => {
    const here = `${at}.initContainers[${i}]`;
    validateContainer(container, here, names, volumes, problems);
    if (container.restartPolicy !== 'Always') {
      for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
        if (container[probe] !== undefined) {
          problems.forbidden(`${here}.${probe}`, 'may not be set for init containers without restartPolicy=Always');
        }
      }
    }
  });
}

function validateContainer(
  container: Container,
  at: string,
  names: Set<string>,
  volumes: ReadonlySet<string>,
  problems: Problems,
): void {
  const { name = '', image = '' } = container;
  if (name === '') problems.required(`${at}.name`);
  else for (const wrong of dnsLabel(name)) problems.invalid(`${at}.name`, name, wrong);
  if (name !== '' && names.has(name)) problems.duplicate(`${at}.name`, name);
  names.add(name);
  if (image === '') problems.required(`${at}.image`);
  else if (image !== image.trim())
    problems.invalid(`${at}.image`, image, 'must not have leading or trailing whitespace');
  if (!PULL_POLICIES.includes(container.imagePullPolicy ?? '')) {
    problems.notSupported(`${at}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES);
  }
  if (!MESSAGE_POLICIES.includes(container.terminationMessagePolicy ?? '')) {
    problems.notSupported(`${at}.terminationMessagePolicy`, container.terminationMessagePolicy, MESSAGE_POLICIES);
  }
  validatePorts(container.ports, `${at}.ports`, problems);
  validateEnv(container, at, problems);
  validateMounts(container.volumeMounts, volumes, `${at}.volumeMounts`, problems);
  if (container.resources !== undefined) validateResources(container.resources, `${at}.resources`, problems);
  validateProbes(container, at, problems);
  if (container.lifecycle?.postStart !== undefined)
    validateHandler(container.lifecycle.postStart, `${at}.lifecycle.postStart`, problems);
  if (container.lifecycle?.preStop !== undefined)
    validateHandler(container.lifecycle.preStop, `${at}.lifecycle.preStop`, problems);
}

function validatePorts(ports: readonly ContainerPort[] | undefined, at: string, problems: Problems): void {
  const names = new Set<string>();
  ports?.forEach((port, i) => {
    const here = `${at}[${i}]`;
    const { name, containerPort, hostPort, protocol = '', hostIP } = port;
    if (name !== undefined) {
      const wrong = portName(name);
      for (const what of wrong) problems.invalid(`${here}.name`, name, what);
      if (wrong.length === 0 && names.has(name)) problems.duplicate(`${here}.name`, name);
      names.add(name);
    }
    if (containerPort === undefined || containerPort === 0) problems.required(`${here}.containerPort`);
    else for (const wrong of portNumber(containerPort)) problems.invalid(`${here}.containerPort`, containerPort, wrong);
    if (hostPort !== undefined && hostPort !== 0) {
      for (const wrong of portNumber(hostPort)) problems.invalid(`${here}.hostPort`, hostPort, wrong);
    }
    if (!PROTOCOLS.includes(protocol)) problems.notSupported(`${here}.protocol`, protocol, PROTOCOLS);
    if (hostIP !== undefined) for (const wrong of ipAddress(hostIP)) problems.invalid(`${here}.hostIP`, hostIP, wrong);
  });
}

function validateHostPorts(
  container: Container,
  spec: PodSpec,
  at: string,
  taken: Set<string>,
  problems: Problems,
): void {
  container.ports?.forEach((port, i) => {
    const { hostPort = 0, hostIP = '', protocol, containerPort } = port;
    if (hostPort === 0) return;
    if (spec.hostNetwork === true && hostPort !== containerPort) {
      problems.invalid(
        `${at}.ports[${i}].containerPort`,
        containerPort,
        'must match `hostPort` when `hostNetwork` is true',
      );
    }
    const key = `${protocol}/${hostIP}/${hostPort}`;
    if (taken.has(key)) problems.duplicate(`${at}.ports[${i}].hostPort`, key);
    taken.add(key);
  });
}

function validateEnv(container: Container, at: string, problems: Problems): void {
  container.env?.forEach((env, i) => {
    const here = `${at}.env[${i}]`;
    if ((env.name ?? '') === '') problems.required(`${here}.name`);
    else for (const wrong of envVarName(env.name)) problems.invalid(`${here}.name`, env.name, wrong);
    if (env.valueFrom !== undefined) validateValueFrom(env, `${here}.valueFrom`, problems);
  });
  container.envFrom?.forEach((source, i) => {
    const here = `${at}.envFrom[${i}]`;
    const { prefix, configMapRef, secretRef } = source;
    if (prefix !== undefined) for (const wrong of envVarName(prefix)) problems.invalid(`${here}.prefix`, prefix, wrong);
    if (configMapRef === undefined && secretRef === undefined) {
      problems.invalid(here, '', 'must specify one of: `configMapRef` or `secretRef`');
    }
    if (configMapRef !== undefined && secretRef !== undefined) {
      problems.invalid(here, '', 'may not have more than one field specified at a time');
    }
    if (configMapRef !== undefined && configMapRef.name === undefined) problems.required(`${here}.configMapRef.name`);
    if (secretRef !== undefined && secretRef.name === undefined) problems.required(`${here}.secretRef.name`);
  });
}

function validateValueFrom(env: EnvVar, at: string, problems: Problems): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = env.valueFrom ?? {};
  const given = Object.keys(env.valueFrom ?? {}).length;
  if (given === 0)
    problems.invalid(
      at,
      '',
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
    );
  if (given > 1) problems.invalid(at, '', 'may not have more than one field specified at a time');
  if (given > 0 && env.value !== undefined) problems.invalid(at, '', 'may not be specified when `value` is not empty');
  if (fieldRef !== undefined) {
    const path = fieldRef.fieldPath ?? '';
    const plain = path.replace(/^(metadata\.(?:labels|annotations))\['.+'\]$/, '$1');
    if (path === '') problems.required(`${at}.fieldRef.fieldPath`);
    else if (!FIELD_PATHS.includes(plain)) problems.notSupported(`${at}.fieldRef.fieldPath`, path, FIELD_PATHS);
  }
  if (resourceFieldRef !== undefined && (resourceFieldRef.resource ?? '') === '') {
    problems.required(`${at}.resourceFieldRef.resource`);
  }
  for (const [field, ref] of [
    ['configMapKeyRef', configMapKeyRef],
    ['secretKeyRef', secretKeyRef],
  ] as const) {
    if (ref === undefined) continue;
    if (ref.name === undefined) problems.required(`${at}.${field}.name`);
    if ((ref.key ?? '') === '') problems.required(`${at}.${field}.key`);
  }
}

/** Kubernetes' rules for requests and limits: names, no negative amounts, requests within limits. */
export function validateResources(resources: ResourceRequirements, at: string, problems: Problems): void {
  for (const field of ['limits', 'requests'] as const) {
    for (const [name, amount] of Object.entries(resources[field] ?? {})) {
      const here = `${at}.${field}[${name}]`;
      validateResourceName(name, here, problems);
      if (milliOf(amount) < 0n) problems.invalid(here, amount, 'must be greater than or equal to 0');
    }
  }
  const limits = new Map(Object.entries(resources.limits ?? {}));
  for (const [name, request] of Object.entries(resources.requests ?? {})) {
    const limit = limits.get(name);
    if (limit !== undefined && milliOf(request) > milliOf(limit)) {
      problems.invalid(`${at}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`);
    }
  }
}

function validateResourceName(name: string, at: string, problems: Problems): void {
  const wrong = qualifiedName(name);
  for (const what of wrong) problems.invalid(at, name, what);
  if (wrong.length > 0 || name.includes('/')) return;
  if (!NATIVE_RESOURCES.includes(name) && !name.startsWith('hugepages-')) {
    problems.invalid(at, name, 'must be a standard resource for containers');
  }
}
