import type { Container, PodSpec, Probe, Volume } from '@shiplog/contracts';
import { defaultRemoteSource } from '../volumes/defaults';

/** Kubernetes' defaults of a pod spec, filled in place; the same for a pod and for a controller's template. Idempotent. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ??= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.securityContext ??= {};
  spec.schedulerName ??= 'default-scheduler';
  if (spec.serviceAccountName === undefined && spec.serviceAccount !== undefined)
    spec.serviceAccountName = spec.serviceAccount;
  if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName;
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
}

function defaultContainer(container: Container): void {
  container.resources ??= {};
  const { limits } = container.resources;
  if (limits !== undefined) container.resources.requests = { ...limits, ...container.resources.requests };
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  container.imagePullPolicy ??= pullPolicyOf(container.image ?? '');
  for (const port of container.ports ?? []) port.protocol ??= 'TCP';
  for (const env of container.env ?? [])
    if (env.valueFrom?.fieldRef !== undefined) env.valueFrom.fieldRef.apiVersion ??= 'v1';
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
  defaultHttpGet(container.lifecycle?.postStart?.httpGet);
  defaultHttpGet(container.lifecycle?.preStop?.httpGet);
}

export const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

/** Images named `:latest` or without a tag are pulled each time; those with a tag or digest only when missing. */
export function pullPolicyOf(image: string): 'Always' | 'IfNotPresent' {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

/** A pod in its node's network has its ports there: a host port that is not given is the container's. Not in templates. */
export function exposeOnHost(spec: PodSpec): void {
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    for (const port of container.ports ?? []) if ((port.hostPort ?? 0) === 0) port.hostPort = port.containerPort;
  }
}

function defaultProbe(probe: Probe | undefined): void {
  if (probe === undefined) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  defaultHttpGet(probe.httpGet);
  if (probe.grpc !== undefined) probe.grpc.service ??= '';
}

function defaultHttpGet(get: { path?: string; scheme?: string } | undefined): void {
  if (get === undefined) return;
  get.path ??= '/';
  get.scheme ??= 'HTTP';
}

const FILE_MODE = 0o644;

/** Fields of Volume that say where its content comes from. */
export function sourcesOf(volume: Volume): Exclude<keyof Volume, 'name'>[] {
  const fields = Object.keys(volume) as (keyof Volume)[];
  return fields.filter((field) => field !== 'name');
}

function defaultVolume(volume: Volume): void {
  if (sourcesOf(volume).length === 0) volume.emptyDir = {};
  if (volume.secret !== undefined) volume.secret.defaultMode ??= FILE_MODE;
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= FILE_MODE;
  if (volume.downwardAPI !== undefined) volume.downwardAPI.defaultMode ??= FILE_MODE;
  if (volume.projected !== undefined) volume.projected.defaultMode ??= FILE_MODE;
  if (volume.image !== undefined) volume.image.pullPolicy ??= pullPolicyOf(volume.image.reference ?? '');
  defaultRemoteSource(volume);
  const files = [
    ...(volume.downwardAPI?.items ?? []),
    ...(volume.projected?.sources ?? []).flatMap((s) => s.downwardAPI?.items ?? []),
  ];
  for (const file of files) if (file.fieldRef !== undefined) file.fieldRef.apiVersion ??= 'v1';
  for (const source of volume.projected?.sources ?? []) {
    if (source.serviceAccountToken !== undefined) source.serviceAccountToken.expirationSeconds ??= 3600;
  }
}
