import type { Call } from '../checker/operation';
import { nameOf, objectOf, refusal, valueOf, type Door, type Listing, type Outcome } from './door';
import type { RegisterKind } from './register-kind';
import type { RestClient } from './rest-client';

/** The Kubernetes API of one api, whose reads are linearizable. */
export class RestDoor implements Door {
  constructor(
    readonly name: string,
    private readonly client: RestClient,
    private readonly kind: RegisterKind,
  ) {}

  async perform(key: string, call: Call): Promise<Outcome> {
    const answer = await this.#ask(`${this.kind.collection}/${key}`, key, call);
    if (answer.kind === 'unsent') return { kind: 'unsent' };
    if (answer.kind !== 'answer') return { kind: 'unanswered' };
    const body = parsed(answer.body);
    if (answer.status >= 300) return refusal(answer.status, body?.reason, body?.message);
    if (body === undefined) return { kind: 'odd', problem: `${call.kind} was answered ${answer.status} without JSON` };
    switch (call.kind) {
      case 'delete':
        return { kind: 'answered', answer: { kind: 'deleted' } };
      case 'read':
        return { kind: 'answered', answer: { kind: 'value', ...valueOf(body) } };
      case 'create':
      case 'update': {
        const { token, version } = valueOf(body);
        return { kind: 'answered', answer: { kind: 'written', token, version }, position: version };
      }
    }
  }

  async list(): Promise<Listing | undefined> {
    const answer = await this.client.ask('GET', this.kind.collection);
    if (answer.kind !== 'answer' || answer.status !== 200) return undefined;
    const list = JSON.parse(answer.body) as { metadata: { resourceVersion: string }; items: unknown[] };
    const objects = list.items.map((item) => [nameOf(item), valueOf(item)] as const);
    return { position: Number(list.metadata.resourceVersion), objects: new Map(objects) };
  }

  #ask(path: string, key: string, call: Call) {
    switch (call.kind) {
      case 'create':
        return this.client.ask('POST', this.kind.collection, objectOf(this.kind, key, call.token));
      case 'update':
        return call.expected === undefined
          ? this.client.ask('PATCH', path, { data: { token: call.token } })
          : this.client.ask('PUT', path, objectOf(this.kind, key, call.token, call.expected));
      case 'delete': {
        const preconditions = { resourceVersion: String(call.expected) };
        const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
        return this.client.ask('DELETE', path, call.expected === undefined ? undefined : options);
      }
      case 'read':
        return this.client.ask('GET', path);
    }
  }
}

function parsed(body: string): { reason?: string; message?: string } | undefined {
  try {
    return JSON.parse(body) as { reason?: string; message?: string };
  } catch {
    return undefined;
  }
}
