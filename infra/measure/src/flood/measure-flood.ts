import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'undici';
import { Rig, TOKEN } from '../../../../services/api/src/testing/rig';

const PATH = '/api/v1/namespaces/default/configmaps';
const ROLE_BINDINGS = '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings';
const CONNECTIONS = 512;
const ALONE_MS = 3_000;
const OTHER_EACH_MS = 20;
/** What Kubernetes' users may expect of a server that somebody else floods. */
const P99_MS = 100;
const FLOOD = 'flood';
const OTHER = 'jane';

/** How long requests of a user took, in milliseconds. */
interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

export interface FloodFigures {
  readonly alone: Latencies;
  readonly beside: Latencies;
  /** Of the flood itself, and its answers by their codes. */
  readonly flood: Latencies & { readonly codes: ReadonlyMap<number, number> };
}

/** What a user's writes take while another one sends so many a second. Both are none of those whom flow control exempts. */
export async function flood(perSecond: number, seconds: number): Promise<FloodFigures> {
  const rig = await Rig.start();
  const ca = readFileSync(join(rig.directory, 'ca.pem'), 'utf8');
  const pool = new Pool(rig.url, { connections: 1, connect: { ca } });
  const sender = fork(join(__dirname, 'sender.mjs'));
  try {
    await letWrite(rig);
    const headers = headersOf(FLOOD);
    sender.send({ url: rig.url, ca, path: PATH, headers, connections: CONNECTIONS, perSecond, seconds });
    await messageOf(sender);
    // The first requests of a server are its slowest.
    await writes(pool, ALONE_MS);
    const alone = await writes(pool, ALONE_MS);
    sender.send('go');
    const answered = messageOf(sender);
    const beside = await writes(pool, seconds * 1_000);
    const { codes, taken } = (await answered) as { codes: Record<string, number>; taken: number[] };
    const counts = Object.entries(codes).map(([code, count]) => [Number(code), count] as const);
    return { alone, beside, flood: { ...latenciesOf(taken), codes: new Map(counts) } };
  } finally {
    sender.kill();
    await pool.destroy();
    await rig.stop();
  }
}

async function messageOf(sender: ChildProcess): Promise<unknown> {
  const [message] = (await once(sender, 'message')) as [unknown];
  return message;
}

/** As an administrator who asks as a user. */
function headersOf(user: string): Record<string, string> {
  return {
    authorization: `Bearer ${TOKEN}`,
    'content-type': 'application/json',
    'impersonate-user': user,
    'impersonate-group': 'system:authenticated',
  };
}

/** Both users may write in the namespace default. */
async function letWrite(rig: Rig): Promise<void> {
  const subjects = [FLOOD, OTHER].map((name) => ({ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name }));
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' };
  const binding = { kind: 'RoleBinding', apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'writers' } };
  const { code, body } = await rig.http('POST', ROLE_BINDINGS, { ...binding, subjects, roleRef });
  if (code !== 201) throw new Error(`the users could not be given rights: ${body}`);
}

let made = 0;

/** Creates a ConfigMap as the other user; answers the code. */
async function create(pool: Pool): Promise<number> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${OTHER}-${++made}` } };
  const options = { method: 'POST', path: PATH, headers: headersOf(OTHER), body: JSON.stringify(object) } as const;
  const { statusCode, body } = await pool.request(options);
  await body.dump();
  return statusCode;
}

/** Writes of the other user, one after the other. */
async function writes(pool: Pool, ms: number): Promise<Latencies> {
  const taken: number[] = [];
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const begun = performance.now();
    const code = await create(pool);
    if (code !== 201) throw new Error(`a write beside the flood was answered ${code}`);
    taken.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, OTHER_EACH_MS));
  }
  return latenciesOf(taken);
}

function latenciesOf(taken: number[]): Latencies {
  taken.sort((a, b) => a - b);
  const at = (part: number): number => taken[Math.min(taken.length - 1, Math.floor(taken.length * part))] ?? 0;
  return { count: taken.length, p50: at(0.5), p99: at(0.99) };
}

/** The figures for people. Throws when the other user had to wait too long. */
export async function measureFlood(perSecond: number, seconds: number): Promise<void> {
  const { alone, beside, flood: its } = await flood(perSecond, seconds);
  const shown = ({ count, p50, p99 }: Latencies): string =>
    `${count} writes, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
  const answers = [...its.codes].sort().map(([code, count]) => `${count} × ${code}`);
  process.stdout.write(
    `\n  alone:                        ${shown(alone)}\n  beside a flood of ${perSecond}/s: ${shown(beside)}\n` +
      `  the flood itself:             ${shown(its)}; ${answers.join(', ')}\n\n`,
  );
  if (beside.p99 > P99_MS) throw new Error(`p99 of the other user is more than ${P99_MS} ms`);
}
