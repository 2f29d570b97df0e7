import type { IpFamily } from '@shiplog/apimachinery';
import type { Endpoint, Service } from '@shiplog/contracts';
import { planServicePorts } from '../../domain/plan-service-ports';
import { aService, anEndpoint, aSlice } from '../../testing/builders';
import { golden } from '../../testing/golden';
import { ipv6Of } from '../../testing/ipv6-of';
import { tableOptionsOf } from './table-options';
import { TableState } from './table-state';

const OPTIONS = {
  table: 'shiplog_proxy_n1',
  clusterCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  nodePortAddresses: [],
};

const there = (ip: string) => anEndpoint(ip, { nodeName: 'n2' });

/** The objects are given in IPv4. */
function aCluster(family: IpFamily = 'IPv4'): TableState {
  const ofFamily = <T>(value: T): T => (family === 'IPv4' ? value : ipv6Of(value));
  const table = new TableState(tableOptionsOf(ofFamily(OPTIONS), family));
  const set = (service: Service, endpoints: Endpoint[]): void => {
    const name = service.metadata.name ?? '';
    const slices = endpoints.length === 0 ? [] : [aSlice(name, endpoints)];
    table.set(`default/${name}`, planServicePorts(ofFamily(service), ofFamily(slices), { name: 'n1' }));
  };
  const nodePort = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }] };
  const web = aService('web', { ...nodePort, externalTrafficPolicy: 'Local' });
  const sticky = aService('sticky', { clusterIP: '10.96.0.11', sessionAffinity: 'ClientIP' });
  const dns = aService('dns', { clusterIP: '10.96.0.12', ports: [{ port: 53, protocol: 'UDP' }] });
  const lone = aService('lone', {
    clusterIP: '10.96.0.13',
    ...nodePort,
    ports: [{ port: 81, nodePort: 30081, protocol: 'TCP' }],
  });
  set(web, [anEndpoint('10.244.1.2'), there('10.244.2.2')]);
  set(sticky, [anEndpoint('10.244.1.3'), there('10.244.2.3')]);
  set(dns, [there('10.244.2.4')]);
  set(lone, []);
  return table;
}

describe('the text for nft', () => {
  it('of a whole table is as it was agreed', () => {
    const { script } = aCluster().takeAll({ anew: false });
    expect(script).toBe(golden('table.nft', script));
  });

  it('of a table of IPv6 differs in the words of the family, and in how clients are remembered', () => {
    const { script } = aCluster('IPv6').takeAll({ anew: false });
    expect(script).toBe(golden('table-ipv6.nft', script));
  });

  it('of a change names only what changed', () => {
    const table = aCluster();
    table.takeAll({ anew: false });
    const web = aService('web', { ports: [{ port: 80, protocol: 'TCP' }] });
    const three = ['10.244.1.2', '10.244.1.5', '10.244.1.6'].map((ip) => anEndpoint(ip));
    table.set('default/web', planServicePorts(web, [aSlice('web', three)], { name: 'n1' }));
    table.set('default/dns', []);
    const script = table.takeDefinitions() + table.takeChanges().script;
    expect(script).toBe(golden('change.nft', script));
  });

  it('is nothing when nothing changed', () => {
    const table = aCluster();
    table.takeAll({ anew: false });
    const dns = aService('dns', { clusterIP: '10.96.0.12', ports: [{ port: 53, protocol: 'UDP' }] });
    table.set('default/dns', planServicePorts(dns, [aSlice('dns', [there('10.244.2.4')])], { name: 'n1' }));
    expect(table.takeDefinitions() + table.takeChanges().script).toBe('');
  });
});
