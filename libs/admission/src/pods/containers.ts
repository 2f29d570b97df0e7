import type { Container, ContainerPort, ContainerResizePolicy, PodSpec } from '@shiplog/contracts';
import { dnsLabel, ipAddress, portName, portNumber, type Problems } from '@shiplog/apimachinery';
import { PULL_POLICIES } from './defaults';
import { validateEnv } from './env';
import { validateEphemeral } from './ephemeral';
import { type VolumesByName, validateMounts } from './mounts';
import { validateHandlers } from './probes';
import { validateResources } from './resources';
import { validateContainerSecurity } from './security';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const MESSAGE_POLICIES = ['FallbackToLogsOnError', 'File'];
const RESIZABLE = ['cpu', 'memory'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];
const ONLY_SIDECARS = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;

/** What of its pod a container is checked against. */
interface Surroundings {
  readonly spec: PodSpec;
  readonly volumes: VolumesByName;
  readonly claims: ReadonlySet<string>;
  /** Names of the containers before it. */
  readonly names: Set<string>;
}

/** Checks the containers of a pod spec: each alone, their names, and the host ports they share. */
export function validateContainers(spec: PodSpec, at: string, volumes: VolumesByName, problems: Problems): void {
  const claims = new Set(spec.resourceClaims?.map(({ name }) => name));
  const pod: Surroundings = { spec, volumes, claims, names: new Set() };
  const grace = spec.terminationGracePeriodSeconds ?? 0;
  if (spec.containers.length === 0) problems.required(`${at}.containers`);
  const hostPorts = new Set<string>();
  spec.containers.forEach((container, i) => {
    const here = `${at}.containers[${i}]`;
    validateContainer(container, pod, here, problems);
    validateHandlers(container, grace, here, problems);
    if (container.restartPolicy !== undefined) {
      problems.forbidden(`${here}.restartPolicy`, 'may not be set for non-init containers');
    }
    validateHostPorts(container, here, hostPorts, problems);
    if (spec.hostNetwork === true) validatePortsOnHost(container, here, problems);
  });
  spec.initContainers?.forEach((container, i) => {
    const here = `${at}.initContainers[${i}]`;
    validateContainer(container, pod, here, problems);
    validateInit(container, grace, here, problems);
    // They run one after the other, and so may use the same ports.
    validateHostPorts(container, here, new Set(), problems);
  });
  const lasting = new Set(pod.names);
  spec.ephemeralContainers?.forEach((container, i) => {
    const here = `${at}.ephemeralContainers[${i}]`;
    validateContainer(container, pod, here, problems);
    validateEphemeral(container, lasting, here, problems);
  });
}

/** An init container that is to be restarted is a sidecar; the others end, and so nobody asks how they are. */
function validateInit(container: Container, grace: number, at: string, problems: Problems): void {
  problems.unlessOneOf(`${at}.restartPolicy`, container.restartPolicy, ['Always']);
  if (container.restartPolicy === 'Always') validateHandlers(container, grace, at, problems);
  else {
    for (const field of ONLY_SIDECARS) {
      if (container[field] === undefined) continue;
      problems.forbidden(`${at}.${field}`, 'may not be set for init containers without restartPolicy=Always');
    }
  }
  if (container.resizePolicy !== undefined) {
    problems.invalid(`${at}.resizePolicy`, container.resizePolicy, 'must not be set for init containers');
  }
}

function validateContainer(container: Container, pod: Surroundings, at: string, problems: Problems): void {
  const { name, image, imagePullPolicy = '', terminationMessagePolicy = '' } = container;
  if (name === '') problems.required(`${at}.name`);
  else problems.breaches(`${at}.name`, name, dnsLabel);
  if (name !== '' && pod.names.has(name)) problems.duplicate(`${at}.name`, name);
  pod.names.add(name);
  if (image === undefined) problems.required(`${at}.image`);
  problems.unlessOneOf(`${at}.imagePullPolicy`, imagePullPolicy, PULL_POLICIES);
  problems.unlessOneOf(`${at}.terminationMessagePolicy`, terminationMessagePolicy, MESSAGE_POLICIES);
  validatePorts(container.ports ?? [], `${at}.ports`, problems);
  validateEnv(container, at, problems);
  validateMounts(container, pod.volumes, at, problems);
  validateResources(container.resources ?? {}, pod.claims, `${at}.resources`, problems);
  validateResizing(container.resizePolicy ?? [], pod.spec.restartPolicy, `${at}.resizePolicy`, problems);
  if (container.securityContext !== undefined) {
    const hostUsers = pod.spec.hostUsers !== false;
    validateContainerSecurity(container.securityContext, hostUsers, `${at}.securityContext`, problems);
  }
}

function validatePorts(ports: readonly ContainerPort[], at: string, problems: Problems): void {
  if (ports.length === 0) return;
  const names = new Set<string>();
  ports.forEach(({ name, containerPort, hostPort = 0, protocol = '', hostIP }, i) => {
    const here = `${at}[${i}]`;
    if (name !== undefined) {
      const wrong = portName(name);
      for (const detail of wrong) problems.invalid(`${here}.name`, name, detail);
      if (wrong.length === 0 && names.has(name)) problems.duplicate(`${here}.name`, name);
      names.add(name);
    }
    if (containerPort === 0) problems.required(`${here}.containerPort`);
    else for (const wrong of portNumber(containerPort)) problems.invalid(`${here}.containerPort`, containerPort, wrong);
    if (hostPort !== 0) {
      for (const wrong of portNumber(hostPort)) problems.invalid(`${here}.hostPort`, hostPort, wrong);
    }
    problems.unlessOneOf(`${here}.protocol`, protocol, PROTOCOLS);
    if (hostIP !== undefined) problems.breaches(`${here}.hostIP`, hostIP, ipAddress);
  });
}

function validateHostPorts(container: Container, at: string, taken: Set<string>, problems: Problems): void {
  container.ports?.forEach(({ hostPort = 0, hostIP = '', protocol }, i) => {
    if (hostPort === 0) return;
    const key = `${protocol}/${hostIP}/${hostPort}`;
    if (taken.has(key)) problems.duplicate(`${at}.ports[${i}].hostPort`, key);
    taken.add(key);
  });
}

/** In its node's network a container's port is the node's. */
function validatePortsOnHost(container: Container, at: string, problems: Problems): void {
  container.ports?.forEach(({ hostPort = 0, containerPort }, i) => {
    if (hostPort === 0 || hostPort === containerPort) return;
    const rule = 'must match `containerPort` when `hostNetwork` is true';
    problems.invalid(`${at}.ports[${i}].hostPort`, hostPort, rule);
  });
}

/** All but a repeated resource Kubernetes says of the whole list. */
function validateResizing(
  policies: readonly ContainerResizePolicy[],
  podRestarts: string | undefined,
  at: string,
  problems: Problems,
): void {
  if (policies.length === 0) return;
  const seen = new Set<string>();
  policies.forEach(({ resourceName, restartPolicy }, i) => {
    if (seen.has(resourceName)) problems.duplicate(`${at}[${i}]`, resourceName);
    seen.add(resourceName);
    for (const [value, supported] of [
      [resourceName, RESIZABLE],
      [restartPolicy, RESIZE_POLICIES],
    ] as const) {
      if (value === '') problems.required(at);
      else problems.unlessOneOf(at, value, supported);
    }
    if (podRestarts === 'Never' && restartPolicy !== 'NotRequired') {
      problems.invalid(at, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'");
    }
  });
}
