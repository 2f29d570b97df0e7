import type { Service } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import type { TestCluster } from './cluster';
import { execIn } from './exec';

const PORT = 7000;
const HEARD = '/tmp/heard';

/** What a connection has carried so far. */
export interface Heard {
  /** How many numbers came back, in their order and without a gap. */
  readonly count: number;
  /** The longest that none came, in seconds. */
  readonly longestSilence: number;
}

/**
 * A connection between pods of two minions, through a Service, that is never idle: one sends numbers, the other sends them
 * back. It is one and the same connection until something ends it.
 */
export class Conversation {
  constructor(
    private readonly cluster: TestCluster,
    private readonly namespace: string,
  ) {}

  async start({ from, to }: { from: string; to: string }): Promise<void> {
    const { cluster, namespace } = this;
    await cluster.apply(this.#pod('echo', to, `exec nc -ll -p ${PORT} -e cat`), this.#service());
    await cluster.podsReady(namespace, 1, 'talk=echo');
    const { spec } = await cluster.api.get<Service>(`/api/v1/namespaces/${namespace}/services/echo`);
    await cluster.apply(this.#pod('caller', from, callingScript(spec?.clusterIP ?? '')));
    await cluster.podsReady(namespace, 1, 'talk=caller');
    await eventually(async () => (await this.heard()).count > 0);
  }

  /**
   * What the caller has heard.
   * @throws Error when the connection has ended, or a number is missing or came twice
   */
  async heard(): Promise<Heard> {
    const found = await this.cluster.containersOf(this.namespace, false);
    const caller = found.find(
      ({ labels }) => labels['io.kubernetes.pod.name'] === 'caller' && labels['io.shiplog.role'] === 'app',
    );
    if (caller === undefined) throw new Error('the container that calls does not run');
    const { output } = await execIn(caller.engine, caller.id, 'cat', HEARD);
    const lines = output.split('\n').filter((line) => line !== '');
    const wrong = lines.findIndex((line, nth) => Number(line.split(' ')[0]) !== nth + 1);
    if (wrong >= 0) throw new Error(`after ${lines[wrong - 1]} came ${lines[wrong]}`);
    const times = lines.map((line) => Number(line.split(' ')[1]));
    const silences = times.slice(1).map((time, nth) => time - times[nth]!);
    return { count: lines.length, longestSilence: Math.max(0, ...silences) };
  }

  /** Waits until more has been heard than by now. */
  async goesOn(): Promise<void> {
    const { count } = await this.heard();
    await eventually(async () => (await this.heard()).count > count);
  }

  #pod(name: string, nodeName: string, script: string) {
    const container = { name: 'c', image: 'busybox:1.36', command: ['sh', '-c', script] };
    const metadata = { name, namespace: this.namespace, labels: { talk: name } };
    const spec = { nodeName, terminationGracePeriodSeconds: 0, containers: [container] };
    return { apiVersion: 'v1', kind: 'Pod', metadata, spec };
  }

  #service() {
    const metadata = { name: 'echo', namespace: this.namespace };
    const spec = { selector: { talk: 'echo' }, ports: [{ port: PORT }] };
    return { apiVersion: 'v1', kind: 'Service', metadata, spec };
  }
}

/** Fifty numbers a second; each that comes back is kept with the time of its coming (seconds since the machine started). */
function callingScript(address: string): string {
  const numbers = 'i=0; while :; do i=$((i+1)); echo $i; usleep 20000; done';
  const keep = 'while read n; do read up rest < /proc/uptime; echo "$n $up"; done';
  const ready = `until echo up | timeout 1 nc -w 1 ${address} ${PORT} | grep -q up; do usleep 100000; done`;
  return `: > ${HEARD}; ${ready}; { ${numbers}; } | nc ${address} ${PORT} | { ${keep}; } >> ${HEARD}; echo over >> ${HEARD}; sleep 3600`;
}
