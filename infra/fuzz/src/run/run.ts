import { readLog, rebuildDiffers } from '../../../linearizability/src/log/read-log';
import { ControlPlane } from '../../../linearizability/src/plane/control-plane';
import { NAMESPACE } from '../requests/fuzz-request';
import { BusFuzz } from './bus-fuzz';
import { Findings, type Finding } from './findings';
import { JournalProbe } from './journal-probe';
import { RawClient } from './raw-client';
import { RestFuzz } from './rest-fuzz';

export interface FuzzOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** How many requests the clients send together at most; absent: as many as they can. */
  readonly requests?: number;
  readonly clients: number;
}

export interface FuzzReport {
  readonly seed: number;
  /** Without those by which is looked at what came of them. */
  readonly requests: number;
  readonly looks: number;
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Messages to the journal, and how many of them it answered. */
  readonly messages: number;
  readonly messagesAnswered: number;
  /** Milliseconds of the slowest answer of an api, and of the journal to somebody else. */
  readonly slowest: { readonly api: number; readonly journal: number };
  readonly findings: readonly { readonly kind: string; readonly count: number; readonly first: readonly Finding[] }[];
}

const LEASE_MS = 10_000;
const COMMAND_MS = 8_000;
/** Requests between two lines of progress. */
const PROGRESS_EACH = 1_000;

/** Sends an own control plane what nobody should, for some time; then says what it made of it. */
export async function fuzz(options: FuzzOptions, tell: (description: string) => void): Promise<FuzzReport> {
  tell('starting a control plane');
  const plane = await ControlPlane.start({ leaseMs: LEASE_MS, commandMs: COMMAND_MS });
  const [attacker, observer] = [await plane.bus('fuzz'), await plane.bus('observer')];
  try {
    await makeNamespace(plane);
    const much = options.requests === undefined ? `${options.durationMs / 1_000} s` : `${options.requests} requests`;
    tell(`seed ${options.seed}: ${options.clients} clients, ${much}`);
    const findings = new Findings();
    const until = performance.now() + options.durationMs;
    const most = options.requests === undefined ? undefined : Math.ceil(options.requests / options.clients);
    const { apis } = plane;
    const clients = Array.from({ length: options.clients }, (_, index) => {
      const endpoint = apis[index % apis.length];
      if (endpoint === undefined) throw new Error('there is no api');
      return new RestFuzz(options.seed * 1_000 + index, endpoint, findings);
    });
    const messages = new BusFuzz(options.seed, attacker);
    const probe = new JournalProbe(observer);
    let sent = 0;
    const onSent = (): void => {
      sent += 1;
      if (sent % PROGRESS_EACH === 0) tell(`${sent} requests`);
    };
    const done = new AbortController();
    const sending = Promise.all(clients.map((client) => client.run(until, most, onSent))).finally(() => done.abort());
    await Promise.all([sending, messages.run(until, done.signal)]);
    await probe.stop();
    tell('checking');
    await lookAtPlane(plane, probe, findings);
    return reportOf(options.seed, clients, messages, probe, findings);
  } finally {
    await Promise.all([attacker.connection.close(), observer.connection.close()]);
    await plane.stop();
  }
}

async function makeNamespace(plane: ControlPlane): Promise<void> {
  const body = Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }));
  const headers = [['Content-Type', 'application/json']] as const;
  const [api] = plane.apis;
  if (api === undefined) throw new Error('there is no api');
  const request = { method: 'POST', target: '/api/v1/namespaces', headers, body, objectPath: undefined };
  const made = await new RawClient(api, COMMAND_MS).send(request);
  if (made.kind !== 'answer' || made.status !== 201) throw new Error(`no namespace: ${JSON.stringify(made)}`);
}

/** Every process runs on, nobody was kept waiting, and the log is whole and folds to what everybody has. */
async function lookAtPlane(plane: ControlPlane, probe: JournalProbe, findings: Findings): Promise<void> {
  const add = (kind: string, detail: string): void => findings.add({ kind, detail, reproduction: '' });
  for (const [name, times] of plane.restarts) if (times > 0) add(`${name} ended`, `${times} times`);
  for (const { milliseconds } of probe.late) add('the journal answered late', `after ${milliseconds.toFixed(0)} ms`);
  for (const problem of (await readLog(plane, 'configmaps')).problems) add('the log', problem);
  const differs = await rebuildDiffers(plane);
  if (differs !== undefined) add('the rebuilt state differs', differs);
}

function reportOf(
  seed: number,
  clients: readonly RestFuzz[],
  messages: BusFuzz,
  probe: JournalProbe,
  findings: Findings,
): FuzzReport {
  const statuses: Record<string, number> = {};
  for (const client of clients)
    for (const [status, count] of client.statuses) statuses[status] = (statuses[status] ?? 0) + count;
  const answers = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  const requests = clients.reduce((sum, { sent }) => sum + sent, 0);
  return {
    seed,
    requests,
    looks: answers - requests,
    statuses,
    messages: messages.sent,
    messagesAnswered: messages.answered,
    slowest: { api: Math.max(...clients.map(({ slowest }) => slowest)), journal: probe.slowest },
    findings: findings.kinds,
  };
}

/** What a run came to, for people. */
export function describeFuzz(report: FuzzReport): string {
  const { seed, requests, looks, statuses, messages, messagesAnswered, slowest, findings } = report;
  const counts = Object.entries(statuses).map(([status, count]) => `${count} × ${status}`);
  return [
    `seed ${seed}: ${requests} requests, ${looks} looks at what came of them (${counts.join(', ')})`,
    `  ${messages} messages to the journal, ${messagesAnswered} answered; slowest answer of an api ${slowest.api.toFixed(0)} ms, of the journal ${slowest.journal.toFixed(0)} ms`,
    ...findings.flatMap(({ kind, count, first: [first] }) => [
      `  ✗ ${kind} (${count} times): ${first?.detail ?? ''}`,
      ...(first?.reproduction ?? '')
        .slice(0, 1_500)
        .split('\n')
        .map((line) => `      ${line}`),
    ]),
    '',
  ].join('\n');
}
