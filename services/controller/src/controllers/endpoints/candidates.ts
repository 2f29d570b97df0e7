import type { EndpointPort, ObjectOf, ServicePort } from '@shiplog/contracts';
import { type IpFamily, ipFamilyOf, matchesSelectorMap } from '@shiplog/apimachinery';
import type { StoredPod } from '@shiplog/kube';
import { isPodFinished, isPodReady } from '../../domain/pods';

export type StoredService = ObjectOf<'services'>;

/** A pod that stands behind a Service, with what both Endpoints and EndpointSlices say of it. */
export interface Candidate {
  readonly pod: StoredPod;
  /** Of the family that is asked for. */
  readonly ip: string;
  /** Passes its readiness probe, or the Service wants it published anyhow. */
  readonly serving: boolean;
  readonly terminating: boolean;
  /** The Service's ports as this pod has them: named target ports may differ from pod to pod. */
  readonly ports: readonly EndpointPort[];
}

/** Whether Shiplog finds this Service's endpoints itself; otherwise its user does. */
export function selectsPods(service: StoredService): boolean {
  return service.spec?.type !== 'ExternalName' && Object.keys(service.spec?.selector ?? {}).length > 0;
}

/** Whether clients are given the endpoints themselves in place of a virtual address. */
export function isHeadless(service: StoredService): boolean {
  return service.spec?.clusterIP === 'None';
}

/** The families of a Service's endpoints, the primary one first; a Service from before there were such fields is of IPv4. */
export function familiesOf({ spec = {} }: StoredService): IpFamily[] {
  const families = (spec.ipFamilies ?? []).filter((family) => family === 'IPv4' || family === 'IPv6');
  return families.length === 0 ? ['IPv4'] : families;
}

/** The pods behind a Service that have an address of the family and have not ended, by address. */
export function candidatesOf(service: StoredService, pods: readonly StoredPod[], family: IpFamily): Candidate[] {
  const published = service.spec?.publishNotReadyAddresses === true;
  const candidates: Candidate[] = [];
  for (const pod of pods) {
    if (isPodFinished(pod) || !matchesSelectorMap(service.spec?.selector, pod.metadata.labels)) continue;
    const ip = addressesOf(pod).find((address) => ipFamilyOf(address) === family);
    if (ip === undefined) continue;
    candidates.push({
      pod,
      ip,
      serving: published || isPodReady(pod),
      terminating: pod.metadata.deletionTimestamp !== undefined,
      ports: portsOf(service, pod),
    });
  }
  return candidates.sort((a, b) => compareAddresses(a.ip, b.ip) || (a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1));
}

/** A pod's addresses, the primary one first. */
function addressesOf({ status = {} }: StoredPod): string[] {
  const { podIP = '', podIPs = [] } = status;
  return podIPs.length === 0 ? [podIP] : podIPs.map(({ ip }) => ip);
}

/** Ports of a Service without those whose named target the pod doesn't have. */
function portsOf(service: StoredService, pod: StoredPod): EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const target = targetPort(port, pod);
    if (target === undefined) return [];
    return [{ name: port.name, port: target, protocol: port.protocol ?? 'TCP', appProtocol: port.appProtocol }];
  });
}

function targetPort(port: ServicePort, pod: StoredPod): number | undefined {
  const { targetPort: target } = port;
  if (typeof target !== 'string') return target === undefined || target === 0 ? port.port : target;
  const protocol = port.protocol ?? 'TCP';
  const ports = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return ports.find((declared) => declared.name === target && (declared.protocol ?? 'TCP') === protocol)?.containerPort;
}

/** Orders IPv4 addresses by number, others by text. */
export function compareAddresses(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; i < 4; i++) {
    const order = Number(left[i]) - Number(right[i]);
    if (Number.isNaN(order)) return a < b ? -1 : a > b ? 1 : 0;
    if (order !== 0) return order;
  }
  return 0;
}

/** One text for one set of ports, whatever their order. */
export function portsKey(
  ports: readonly { name?: string; port?: number; protocol?: string; appProtocol?: string }[],
): string {
  return ports
    .map(({ name, port, protocol, appProtocol }) =>
      [name ?? '', port ?? '', protocol ?? 'TCP', appProtocol ?? ''].join('|'),
    )
    .sort()
    .join(',');
}
