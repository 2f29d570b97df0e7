import { fuzzRequest, type FuzzRequest } from '../requests/fuzz-request';
import { encoded } from '../requests/odd-values';
import { Random } from '../../../linearizability/src/random';
import type { ApiEndpoint } from '../../../linearizability/src/plane/control-plane';
import { describeRequest, type Findings } from './findings';
import { RawClient, type RawAnswer } from './raw-client';

/** An answer that is not whole by then is a hang. */
const ANSWER_MS = 10_000;
/** Objects of one kind that later requests work on. */
const KEPT = 6;
/** Answers of the server that are no fault of it: HTTP versions it has not; a log of a pod that no kubelet has. */
const STATED = new Set([501, 505]);
const WRITES = ['POST', 'PUT', 'PATCH'];

interface Stored {
  readonly metadata: {
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

interface Sets {
  readonly items?: readonly { readonly spec?: { readonly selector?: Readonly<Record<string, string>> } }[];
}

/** One client that sends what nobody should, and looks at what came of it. */
export class RestFuzz {
  readonly #random: Random;
  readonly #client: RawClient;
  readonly #present = new Map<string, string[]>();
  readonly statuses = new Map<string, number>();
  /** Requests without those by which it looks at what came of one. */
  sent = 0;
  /** Milliseconds of the slowest answer. */
  slowest = 0;

  constructor(
    private readonly seed: number,
    endpoint: ApiEndpoint,
    private readonly findings: Findings,
  ) {
    this.#random = new Random(seed);
    this.#client = new RawClient(endpoint, ANSWER_MS);
  }

  /** Sends until some time, at most so many requests (beside those by which it looks at what came of one). */
  async run(until: number, most = Infinity, onSent: () => void = () => undefined): Promise<void> {
    while (performance.now() < until && this.sent < most) {
      await this.#one();
      onSent();
    }
  }

  async #one(): Promise<void> {
    const index = this.sent++;
    const name = `f${this.seed}-${index}`;
    const request = fuzzRequest(this.#random, name, (collection) => this.#present.get(collection) ?? []);
    const { objectPath } = request;
    const before = objectPath === undefined ? undefined : await this.#get(objectPath);
    const answer = await this.#send(request);
    const report = (kind: string, detail: string): void =>
      this.findings.add({ kind, detail, reproduction: describeRequest(index, request) });
    this.#judge(request, answer, report);
    if (objectPath === undefined || answer.kind !== 'answer' || !WRITES.includes(request.method)) return;
    const after = await this.#get(objectPath);
    const isDryRun = request.target.includes('dryRun=');
    if (answer.status >= 400) this.#nothingDone(before, after, answer, report);
    else if (!isDryRun && answer.status < 300) await this.#done(objectPath, after, answer, request, report);
  }

  async #send(request: FuzzRequest): Promise<RawAnswer> {
    const answer = await this.#client.send(request);
    this.slowest = Math.max(this.slowest, answer.milliseconds);
    const status = answer.kind === 'answer' ? String(answer.status) : answer.kind;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    return answer;
  }

  #judge(request: FuzzRequest, answer: RawAnswer, report: (kind: string, detail: string) => void): void {
    if (answer.kind === 'hang') report('no answer', `${request.method}: nothing within ${ANSWER_MS} ms`);
    if (answer.kind === 'closed') report('closed without an answer', request.method);
    if (answer.kind !== 'answer' || answer.status < 500 || STATED.has(answer.status)) return;
    // As Kubernetes answers a question about what has not happened yet.
    if (answer.status === 504 && answer.body.includes('ResourceVersionTooLarge')) return;
    report(`answered ${answer.status}`, answer.body.slice(0, 300));
  }

  #nothingDone(
    before: Stored | undefined,
    after: Stored | undefined,
    answer: Extract<RawAnswer, { kind: 'answer' }>,
    report: (kind: string, detail: string) => void,
  ): void {
    const said = `${answer.status}: ${answer.body.slice(0, 300)}`;
    if (before === undefined && after !== undefined) report('refused, and the object is there', said);
    if (before === undefined || after === undefined || isTouchedByOthers(after)) return;
    const changed = before.metadata.resourceVersion !== after.metadata.resourceVersion;
    if (changed) report('refused, and the object changed', said);
  }

  /** What was accepted is there, and is accepted again as it is, which changes nothing. */
  async #done(
    path: string,
    after: Stored | undefined,
    answer: Extract<RawAnswer, { kind: 'answer' }>,
    request: FuzzRequest,
    report: (kind: string, detail: string) => void,
  ): Promise<void> {
    const told = parsed(answer.body);
    // A pod without a node goes at once when it is deleted, and a write may end a deletion.
    const mayBeGone =
      request.body?.includes('deletionTimestamp') === true || request.body?.includes('finalizers') === true;
    if (after === undefined) {
      // A damaged body may have another name.
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (mayBeGone || told?.metadata?.name === undefined || encoded(told.metadata.name) !== name) return;
      if (!(await this.#isChosen(path, told)))
        report('accepted, and nothing is there', `${answer.status}: ${answer.body.slice(0, 1_000)}`);
      return;
    }
    const again = await this.#send({ ...putOf(path, after), objectPath: path });
    if (again.kind !== 'answer') return report('no answer to a PUT of what is there', again.kind);
    const now = parsed(again.body);
    // Another may have changed it meanwhile: a controller, or a client that works on the same name.
    if (again.status === 409 || again.status === 404) return;
    if (again.status !== 200)
      report('what is there is not accepted again', `${again.status}: ${again.body.slice(0, 300)}`);
    else if (now?.metadata?.resourceVersion !== after.metadata.resourceVersion)
      report(
        'a PUT of what is there changes it',
        `${JSON.stringify(after).slice(0, 600)} → ${again.body.slice(0, 600)}`,
      );
    this.#keep(path, after);
  }

  /** Whether a ReplicationController chooses a pod, which may then be one too many. */
  async #isChosen(path: string, { metadata: { labels = {} } = {} }: Partial<Stored>): Promise<boolean> {
    if (!path.includes('/pods/')) return false;
    const sets = (await this.#get(`${path.slice(0, path.indexOf('/pods/'))}/replicationcontrollers`)) as
      Sets | undefined;
    return (sets?.items ?? []).some(({ spec: { selector = {} } = {} }) => {
      const wanted = Object.entries(selector);
      return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
    });
  }

  #keep(path: string, { metadata }: Stored): void {
    const collection = path.slice(0, path.lastIndexOf('/'));
    const names = this.#present.get(collection) ?? [];
    this.#present.set(collection, [...new Set([metadata.name ?? '', ...names])].slice(0, KEPT));
  }

  async #get(path: string): Promise<Stored | undefined> {
    const headers = [['Accept', 'application/json']] as const;
    const answer = await this.#send({ method: 'GET', target: path, headers, body: undefined, objectPath: undefined });
    return answer.kind === 'answer' && answer.status === 200 ? (parsed(answer.body) as Stored | undefined) : undefined;
  }
}

/** Kinds to which the controllers that run beside it write of their own accord. */
const TOUCHED_BY_OTHERS = new Set([
  'Pod', 'ReplicationController', 'Node', 'Endpoints', 'EndpointSlice', 'CustomResourceDefinition', 'APIService',
]); // prettier-ignore

function isTouchedByOthers(object: object): boolean {
  return TOUCHED_BY_OTHERS.has(String((object as { kind?: unknown }).kind));
}

function putOf(path: string, object: object): Omit<FuzzRequest, 'objectPath'> {
  const headers = [['Content-Type', 'application/json'] as const, ['Accept', 'application/json'] as const];
  return { method: 'PUT', target: path, headers, body: Buffer.from(JSON.stringify(object)) };
}

function parsed(body: string): Partial<Stored> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Partial<Stored>) : undefined;
  } catch {
    return undefined;
  }
}
