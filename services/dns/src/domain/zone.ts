import type { Answer, RecordType } from 'dns-packet';
import type { ServiceWithSlices } from '@shiplog/kube';
import { addressOfDashed, addressOfReverse } from './reverse';
import {
  addressRecords,
  allAddressRecords,
  clusterAddresses,
  endpointLabel,
  isHeadless,
  portRecords,
  toldEndpoints,
  TTL,
} from './service-records';

/** Version of the specification that names follow: https://github.com/kubernetes/dns/blob/master/docs/specification.md. */
const SCHEMA_VERSION = '1.1.0';

/** What the zone is made of, as it is now. */
export interface ZoneData {
  /** By `namespace/name`. */
  service(key: string): ServiceWithSlices | undefined;
  /** Names of Services and endpoints with an address, without the domain. */
  namesOf(address: string): readonly string[];
  hasNamespace(name: string): boolean;
}

/** What the zone knows of a name. */
export type Finding =
  /** No answers: it exists, and has none of that type. */
  | { readonly kind: 'found'; readonly answers: readonly Answer[]; readonly additionals?: readonly Answer[] }
  /** Another name, of anywhere. */
  | { readonly kind: 'alias'; readonly answers: readonly Answer[]; readonly target: string }
  | { readonly kind: 'no name' }
  /** Not of this zone. */
  | { readonly kind: 'foreign' };

const NO_NAME: Finding = { kind: 'no name' };
const FOREIGN: Finding = { kind: 'foreign' };
const NO_DATA: Finding = { kind: 'found', answers: [] };

/** The names of a cluster below its domain, by Kubernetes' DNS specification, and the reverse ones of its addresses. */
export class Zone {
  readonly #suffix: string;

  constructor(
    /** `cluster.local`, in lower case. */
    readonly domain: string,
    private readonly data: ZoneData,
    /** `namespace/name` of the Service by which this server is known. */
    private readonly own: string,
  ) {
    this.#suffix = `.${domain}`;
  }

  /** `name` in lower case. */
  find(name: string, type: RecordType): Finding {
    if (name === this.domain) return found(this.#apex(type));
    if (name.endsWith(this.#suffix)) return this.#below(name, type, name.slice(0, -this.#suffix.length).split('.'));
    const address = addressOfReverse(name);
    const names = address === undefined ? [] : this.data.namesOf(address);
    if (names.length === 0) return FOREIGN;
    return found(type !== 'PTR' ? [] : names.map((own) => pointer(name, `${own}${this.#suffix}`)));
  }

  /** What goes with the word that there is nothing: how long that may be believed. RFC 2308. */
  get authority(): Answer {
    const data = {
      mname: `ns.dns${this.#suffix}`,
      rname: `hostmaster${this.#suffix}`,
      serial: 1,
      refresh: 7_200,
      retry: 1_800,
      expire: 86_400,
      minimum: TTL,
    };
    return { name: this.domain, type: 'SOA', ttl: TTL, class: 'IN', data };
  }

  #apex(type: RecordType): Answer[] {
    if (type === 'SOA') return [this.authority];
    if (type !== 'NS') return [];
    return [{ name: this.domain, type, ttl: TTL, class: 'IN', data: `ns.dns${this.#suffix}` }];
  }

  #below(name: string, type: RecordType, labels: readonly string[]): Finding {
    const rest = labels.slice(0, -1);
    switch (labels.at(-1)) {
      case 'svc':
        return this.#services(name, type, rest);
      case 'pod':
        return this.#pods(name, type, rest);
      case 'dns-version':
        return rest.length > 0 ? NO_NAME : found(type === 'TXT' ? [text(name, SCHEMA_VERSION)] : []);
      case 'dns':
        return this.#server(name, type, rest);
      default:
        return NO_NAME;
    }
  }

  #server(name: string, type: RecordType, [label, ...more]: readonly string[]): Finding {
    if (label === undefined) return NO_DATA;
    if (label !== 'ns' || more.length > 0) return NO_NAME;
    const own = this.data.service(this.own);
    return found(own === undefined ? [] : addressRecords(name, type, clusterAddresses(own.service)));
  }

  #pods(name: string, type: RecordType, labels: readonly string[]): Finding {
    const namespace = labels.at(-1);
    if (namespace === undefined) return NO_DATA;
    if (!this.data.hasNamespace(namespace) || labels.length > 2) return NO_NAME;
    const [label] = labels;
    if (labels.length === 1 || label === undefined) return NO_DATA;
    const address = addressOfDashed(label);
    return address === undefined ? NO_NAME : found(addressRecords(name, type, [address]));
  }

  #services(name: string, type: RecordType, labels: readonly string[]): Finding {
    const [service, namespace] = [labels.at(-2), labels.at(-1)];
    if (namespace === undefined) return NO_DATA;
    if (service === undefined) return this.data.hasNamespace(namespace) ? NO_DATA : NO_NAME;
    const there = this.data.service(`${namespace}/${service}`);
    if (there === undefined) return NO_NAME;
    const below = labels.slice(0, -2);
    if (there.service.spec?.type === 'ExternalName') return below.length > 0 ? NO_NAME : external(name, type, there);
    if (below.length === 0) return ofService(name, type, there);
    const host = `${service}.${namespace}.svc${this.#suffix}`;
    return ofPort(name, type, host, there, below) ?? ofEndpoint(name, type, there, below);
  }
}

function ofService(name: string, type: RecordType, there: ServiceWithSlices): Finding {
  if (type === 'SRV') return { kind: 'found', ...portRecords(name, name, there, {}) };
  if (!isHeadless(there.service)) return found(addressRecords(name, type, clusterAddresses(there.service)));
  const addresses = [...toldEndpoints(there.slices)].map(({ address }) => address);
  // As if it weren't there: so a client looks on, and finds it once it has an endpoint.
  return addresses.length === 0 ? NO_NAME : found(addressRecords(name, type, addresses));
}

/** `_port._protocol`, and `_protocol`, which is there if a port is. Undefined for names of endpoints. */
function ofPort(
  name: string,
  type: RecordType,
  host: string,
  there: ServiceWithSlices,
  below: readonly string[],
): Finding | undefined {
  const protocol = below.at(-1) ?? '';
  if (!protocol.startsWith('_')) return undefined;
  const [port, ...more] = below.slice(0, -1).reverse();
  if (more.length > 0 || (port !== undefined && !port.startsWith('_'))) return NO_NAME;
  const wanted = { protocol: protocol.slice(1), ...(port === undefined ? {} : { name: port.slice(1) }) };
  const records = portRecords(name, host, there, wanted);
  if (records.answers.length === 0) return NO_NAME;
  return type === 'SRV' && port !== undefined ? { kind: 'found', ...records } : NO_DATA;
}

/** The names of a headless Service's endpoints. */
function ofEndpoint(name: string, type: RecordType, there: ServiceWithSlices, below: readonly string[]): Finding {
  const [label, ...more] = below;
  if (more.length > 0 || label === undefined || !isHeadless(there.service)) return NO_NAME;
  const addresses = [...toldEndpoints(there.slices)]
    .filter(({ endpoint, address }) => endpointLabel(endpoint, address) === label)
    .map(({ address }) => address);
  if (addresses.length === 0) return NO_NAME;
  return found(addressRecords(name, type, addresses));
}

function external(name: string, type: RecordType, { service }: ServiceWithSlices): Finding {
  const target = (service.spec?.externalName ?? '').toLowerCase().replace(/\.$/, '');
  // An address is no name, though Kubernetes takes it.
  if (target === '' || allAddressRecords(name, [target]).length > 0) {
    const answers = addressRecords(name, type, [target]);
    return target === '' ? NO_NAME : found(answers);
  }
  const answers: Answer[] = [{ name, type: 'CNAME', ttl: TTL, class: 'IN', data: target }];
  return type === 'CNAME' ? found(answers) : { kind: 'alias', answers, target };
}

function found(answers: readonly Answer[]): Finding {
  return answers.length === 0 ? NO_DATA : { kind: 'found', answers };
}

function pointer(name: string, data: string): Answer {
  return { name, type: 'PTR', ttl: TTL, class: 'IN', data };
}

function text(name: string, data: string): Answer {
  return { name, type: 'TXT', ttl: TTL, data: [data] };
}
