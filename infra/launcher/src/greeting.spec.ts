import { Cluster } from './cluster';
import { greeting } from './greeting';
import { settingsFrom } from './settings';

describe('what a user sees once the cluster is ready', () => {
  const cluster = () => new Cluster(settingsFrom({ SHIPLOG_HOME: '/a home', API_PORT: '6500' }), () => undefined);

  it('names where the API and the kubeconfig are, and what the sample can show of the past', () => {
    const ready = cluster();
    ready.mode = { kind: 'minions' };
    ready.sampleUrl = 'http://127.0.0.1:30080';
    const said = greeting(ready, 4.25);
    expect(said).toMatch(/Shiplog is ready \(4\.[23] s\)/);
    expect(said).toContain('https://127.0.0.1:6500');
    expect(said).toContain("export KUBECONFIG='/a home/kubeconfig'");
    expect(said).toContain('guestbook   http://127.0.0.1:30080');
    expect(said).toContain('nslookup kubernetes.default.svc.cluster.local 10.96.0.10');
    expect(said).toContain('kubectl scale deployment frontend');
  });

  it('speaks of nothing that is not there without the sample', () => {
    expect(greeting(cluster(), 4)).not.toMatch(/guestbook|frontend|undefined/);
    expect(greeting(cluster(), 4)).toContain('kubectl run first --image=busybox:1.36');
  });
});
