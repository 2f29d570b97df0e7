import { BusUnavailable, newCommandId, type Bus } from '@shiplog/bus';
import { StatusError, ObjectQuery, type AnyCommand, type KubeObject } from '@shiplog/contracts';
import type { Call } from '../checker/operation';
import { objectOf, refusal, valueOf, type Door, type Outcome } from './door';
import { NAMESPACE, type RegisterKind } from './register-kind';

/** Commands to the journal, and its answers about objects, with nothing between but NATS. */
export class BusDoor implements Door {
  /** Ids of the commands that were accepted, and the position that the journal named. */
  readonly accepted = new Map<string, number>();

  constructor(
    readonly name: string,
    private readonly bus: Bus,
    private readonly kind: RegisterKind,
    private readonly timeoutMs: number,
  ) {}

  async perform(key: string, call: Call): Promise<Outcome> {
    try {
      return call.kind === 'read' ? await this.#read(key) : await this.#write(key, call);
    } catch (error) {
      if (error instanceof BusUnavailable) return { kind: 'unanswered' };
      if (error instanceof StatusError)
        return refusal(error.status.code ?? 500, error.status.reason, error.status.message);
      // The connection was closed under it, or the like.
      return { kind: 'unanswered' };
    }
  }

  async #read(key: string): Promise<Outcome> {
    const asked = { key: { resource: this.kind.resource, namespace: NAMESPACE, name: key } };
    const { position, object } = await this.bus.ask(ObjectQuery, asked, {}, { timeoutMs: this.timeoutMs });
    const answer = object === null ? ({ kind: 'absent' } as const) : ({ kind: 'value', ...valueOf(object) } as const);
    return { kind: 'answered', answer, position };
  }

  async #write(key: string, call: Exclude<Call, { kind: 'read' }>): Promise<Outcome> {
    const id = newCommandId();
    const command = { id, actor: 'admin', ...dataOf(this.kind, key, call) } as AnyCommand;
    const reply = await this.bus.command(command, { timeoutMs: this.timeoutMs });
    if (!reply.ok) return refusal(reply.status.code ?? 500, reply.status.reason, reply.status.message);
    const { position } = reply;
    this.accepted.set(id, position);
    const answer =
      call.kind === 'delete' ? ({ kind: 'deleted' } as const) : ({ kind: 'written', version: position } as const);
    return { kind: 'answered', answer, position };
  }
}

function dataOf(
  kind: RegisterKind,
  key: string,
  call: Exclude<Call, { kind: 'read' }>,
): Pick<AnyCommand, 'type' | 'data'> {
  const { resource } = kind;
  const at = { resource, namespace: NAMESPACE, name: key };
  switch (call.kind) {
    case 'create':
      return {
        type: 'CreateObject',
        data: { resource, namespace: NAMESPACE, object: objectOf(kind, key, call.token) as KubeObject },
      };
    case 'update':
      return call.expected === undefined
        ? { type: 'PatchObject', data: { ...at, patchType: 'merge', patch: { data: { token: call.token } } } }
        : {
            type: 'ReplaceObject',
            data: { ...at, object: objectOf(kind, key, call.token, call.expected) as KubeObject },
          };
    case 'delete': {
      const preconditions = { resourceVersion: String(call.expected) };
      return { type: 'DeleteObject', data: call.expected === undefined ? at : { ...at, preconditions } };
    }
  }
}
