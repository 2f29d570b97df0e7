import type { Container, HTTPGetAction, LifecycleHandler, Probe } from '@shiplog/contracts';
import { httpHeaderName, portName, portNumber, type Problems } from '@shiplog/apimachinery';

const SCHEMES = ['HTTP', 'HTTPS'];
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

/** Kubernetes' rules for a container's three probes and its lifecycle's two hooks, given its pod's grace period. */
export function validateHandlers(container: Container, grace: number, at: string, problems: Problems): void {
  for (const field of ['postStart', 'preStop'] as const) {
    const hook = container.lifecycle?.[field];
    if (hook !== undefined) validateHandler(hook, grace, `${at}.lifecycle.${field}`, problems);
  }
  for (const field of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[field];
    if (probe === undefined) continue;
    validateProbe(probe, grace, `${at}.${field}`, problems);
    if (field !== 'readinessProbe' && (probe.successThreshold ?? 1) !== 1) {
      problems.invalid(`${at}.${field}.successThreshold`, probe.successThreshold, 'must be 1');
    }
    if (field === 'readinessProbe' && probe.terminationGracePeriodSeconds !== undefined) {
      problems.invalid(
        `${at}.${field}.terminationGracePeriodSeconds`,
        probe.terminationGracePeriodSeconds,
        'must not be set for readinessProbes',
      );
    }
  }
}

function validateProbe(probe: Probe, grace: number, at: string, problems: Problems): void {
  validateHandler(probe, grace, at, problems);
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    const value = probe[field] ?? 0;
    if (value < 0) problems.invalid(`${at}.${field}`, value, 'must be greater than or equal to 0');
  }
  if (probe.terminationGracePeriodSeconds !== undefined && probe.terminationGracePeriodSeconds <= 0) {
    problems.invalid(
      `${at}.terminationGracePeriodSeconds`,
      probe.terminationGracePeriodSeconds,
      'must be greater than 0',
    );
  }
}

/** Exactly one way to ask or act, and that one well-formed; probes and lifecycle hooks share it. */
function validateHandler(handler: Probe | LifecycleHandler, grace: number, at: string, problems: Problems): void {
  const actions: Pick<Probe & LifecycleHandler, (typeof HANDLERS)[number]> = handler;
  const given = HANDLERS.filter((field) => actions[field] !== undefined);
  if (given.length === 0) problems.required(at, 'must specify a handler type');
  for (const extra of given.slice(1)) problems.forbidden(`${at}.${extra}`, 'may not specify more than 1 handler type');
  const { exec, httpGet, tcpSocket, grpc, sleep } = actions;
  if (exec !== undefined && (exec.command ?? []).length === 0) problems.required(`${at}.exec.command`);
  if (httpGet !== undefined) validateHttpGet(httpGet, `${at}.httpGet`, problems);
  if (tcpSocket !== undefined) validatePort(tcpSocket.port, `${at}.tcpSocket.port`, problems);
  if (grpc !== undefined) validatePort(grpc.port, `${at}.grpc.port`, problems);
  if (sleep !== undefined && (sleep.seconds <= 0 || sleep.seconds > grace)) {
    const rule = `must be greater than 0 and less than terminationGracePeriodSeconds (${grace})`;
    problems.invalid(`${at}.sleep`, sleep.seconds, rule);
  }
}

function validateHttpGet(get: HTTPGetAction, at: string, problems: Problems): void {
  if ((get.path ?? '') === '') problems.required(`${at}.path`);
  validatePort(get.port, `${at}.port`, problems);
  if (!SCHEMES.includes(get.scheme ?? '')) problems.notSupported(`${at}.scheme`, get.scheme, SCHEMES);
  get.httpHeaders?.forEach(({ name }, i) => problems.breaches(`${at}.httpHeaders[${i}].name`, name, httpHeaderName));
}

/** A port by number or by the name it has in the container. */
export function validatePort(port: number | string | undefined, at: string, problems: Problems): void {
  if (typeof port === 'string') {
    for (const wrong of portName(port)) problems.invalid(at, port, wrong);
  } else {
    for (const wrong of portNumber(port ?? 0)) problems.invalid(at, port ?? 0, wrong);
  }
}
