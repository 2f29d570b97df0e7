import { Namespace } from '@shiplog/testing';
import { pino } from 'pino';
import { compilePolicy } from './domain/compile';
import { PolicyRules } from './policy-rules';
import { aPolicy, aPolicyPod } from './testing/builders';

const [PODS, POLICIES, LOCAL, NAMESPACES, APPS] = [1_000, 1_000, 110, 20, 10] as const;
let namespace: Namespace;
let rules: PolicyRules;

beforeAll(async () => {
  namespace = await Namespace.make(`sls-${process.pid.toString(36)}`);
  rules = new PolicyRules('n1', namespace.network, pino({ level: 'silent' }));
});
afterAll(() => namespace.remove());

const app = (i: number) => ({ podSelector: { matchLabels: { app: `a${i % APPS}` } } });

function setPod(i: number, labels: Record<string, string> = {}): void {
  const address = `10.${i < LOCAL ? 244 : 245}.${i >> 8}.${i & 255}`;
  const own = { app: `a${Math.floor(i / NAMESPACES) % APPS}`, pod: `p${i}`, ...labels };
  rules.state.setPod(aPolicyPod(`u${i}`, address, { namespace: `ns${i % NAMESPACES}`, labels: own }));
  if (i < LOCAL) rules.state.setLocal(`u${i}`, address);
}

/** Of pods with one label of a namespace: from two kinds of peers and a network, to a namespace. */
function setPolicy(i: number, port = 80): void {
  const team = { namespaceSelector: { matchLabels: { team: `t${i % 5}` } } };
  const policy = aPolicy(`ns${i % NAMESPACES}/p${i}`, {
    ...app(Math.floor(i / NAMESPACES)),
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { from: [app(i * 7), { ...team, ...app(i % 3) }], ports: [{ port }, { port: 1000 + i }] },
      { from: [{ ipBlock: { cidr: `172.${i % 200}.0.0/16`, except: [`172.${i % 200}.1.0/24`] } }] },
    ],
    egress: [{ to: [team], ports: [{ port: 53, protocol: 'UDP' }] }],
  });
  rules.state.setPolicy(`p${i}`, compilePolicy(policy));
}

/** The median of nine, in milliseconds, until each is in the kernel. */
async function median(change: (n: number) => void): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < 9; n++) {
    const started = performance.now();
    change(n);
    await rules.sync();
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[4] ?? 0;
}

it('1,000 policies over 1,000 pods change in at most 50 ms', async () => {
  const started = performance.now();
  for (let n = 0; n < NAMESPACES; n++) rules.state.setNamespace(`ns${n}`, { team: `t${n % 5}` });
  for (let i = 0; i < PODS; i++) setPod(i);
  for (let i = 0; i < POLICIES; i++) setPolicy(i);
  await rules.sync();
  const full = performance.now() - started;
  const policy = await median((n) => setPolicy(n * 7, 8000 + n));
  const added = await median((n) => setPod(PODS + n));
  const relabelled = await median((n) => setPod(n, { app: `a${(n + 1) % APPS}` }));
  const figures = { full, policy, added, relabelled };
  const text = Object.entries(figures).map(([name, ms]) => `${name} ${ms.toFixed(1)} ms`);
  process.stdout.write(`1,000 policies, 1,000 pods: ${text.join(', ')}\n`);
  // Several times what it takes on a machine that has nothing else to do.
  for (const ms of [policy, added, relabelled]) expect(ms).toBeLessThan(250);
  expect(full).toBeLessThan(10_000);
});
