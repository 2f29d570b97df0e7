import { setTimeout as delay } from 'node:timers/promises';
import { BusUnavailable, newCommandId, type Bus } from '@shiplog/bus';
import { DEFINITIONS } from '@shiplog/apimachinery';
import type { AnyCommand, KubeObject } from '@shiplog/contracts';
import type { Random } from '../random';
import type { ApiEndpoint } from '../plane/control-plane';
import { definitionOf, GROUP, NAMESPACE } from './register-kind';
import { RestClient } from './rest-client';

const MOST_REST_MS = 400;
/** How long an api may take to serve what the log has, once all is well. */
const CATCHES_UP_MS = 20_000;

/** Kinds that come and go while others work: each is defined, has an object or two, and is gone again. */
export class PassingKinds {
  #made = 0;

  constructor(
    private readonly bus: Bus,
    private readonly random: Random,
    private readonly timeoutMs: number,
  ) {}

  get made(): number {
    return this.#made;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const nth = ++this.#made;
      const [plural, kind] = [`passing${nth}s`, `Passing${nth}`];
      await this.#send({
        type: 'CreateObject',
        data: { resource: DEFINITIONS, namespace: '', object: definitionOf(plural, kind) as KubeObject },
      });
      await this.#use(`${plural}.${GROUP}`, kind);
      // Some stay: what is there at the end must be served.
      if (this.random.chance(0.8)) {
        await this.#send({
          type: 'DeleteObject',
          data: { resource: DEFINITIONS, namespace: '', name: `${plural}.${GROUP}` },
        });
      }
    }
  }

  async #use(resource: string, kind: string): Promise<void> {
    const metadata = { name: 'passing' };
    const object = { apiVersion: `${GROUP}/v1`, kind, metadata } as KubeObject;
    await this.#send({ type: 'CreateObject', data: { resource, namespace: NAMESPACE, object } });
    await delay(this.random.between(0, MOST_REST_MS));
    if (this.random.chance(0.7)) {
      await this.#send({ type: 'DeleteCollection', data: { resource, namespace: NAMESPACE } });
    }
  }

  /** Whatever comes of it: an answer may be lost, and what was not done before is refused. */
  async #send(command: Pick<AnyCommand, 'type' | 'data'>): Promise<void> {
    const whole = { id: newCommandId(), actor: 'admin', ...command } as AnyCommand;
    try {
      await this.bus.command(whole, { timeoutMs: this.timeoutMs });
    } catch (error) {
      if (!(error instanceof BusUnavailable)) await delay(MOST_REST_MS);
    }
  }

  /** What an api serves of the group, where that is not what the log defines; asked when all is well again. */
  async differences(endpoints: readonly ApiEndpoint[]): Promise<string[]> {
    const defined = await this.#defined();
    const problems = await Promise.all(endpoints.map((endpoint) => this.#difference(endpoint, defined)));
    return problems.filter((problem) => problem !== undefined);
  }

  async #defined(): Promise<string> {
    const names: string[] = [];
    for await (const { objects } of this.bus.state({ channels: [{ resource: DEFINITIONS }] })) {
      for (const { object } of objects) names.push(object.metadata.name.replace(`.${GROUP}`, ''));
    }
    return names.sort().join(' ');
  }

  async #difference(endpoint: ApiEndpoint, defined: string): Promise<string | undefined> {
    const client = new RestClient(endpoint, this.timeoutMs);
    const until = performance.now() + CATCHES_UP_MS;
    let served = '';
    do {
      const answer = await client.ask('GET', `/apis/${GROUP}/v1`);
      served = answer.kind === 'answer' && answer.status === 200 ? resourcesIn(answer.body) : '';
      if (served === defined) break;
      await delay(100);
    } while (performance.now() < until);
    client.close();
    return served === defined
      ? undefined
      : `port ${endpoint.port} serves "${served}", and the log defines "${defined}"`;
  }
}

function resourcesIn(body: string): string {
  const { resources } = JSON.parse(body) as { resources: { name: string }[] };
  return resources
    .map(({ name }) => name)
    .sort()
    .join(' ');
}
