import { randomBytes } from 'node:crypto';
import { type BusMessage, NatsTransport, type Bus } from '@shiplog/bus';
import {
  StatusError,
  addressOf,
  inboxOf,
  isAgent,
  JoinRequest,
  messageId,
  RenewRequest,
  type Identity,
  type PayloadOf,
  type ReplyOf,
  type Role,
} from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { DAY_MS, expiryOf, issue, issueFromRequest, RequestRejected } from '@shiplog/pki';
import type { Cluster } from '../cluster';
import { identitiesOf } from '../nats/identities';
import type { OwnNats } from '../nats/nats';
import { makeNkey } from '../nats/nkeys';
import { encodeToken } from './token';

/** As those of the launcher's own processes; a machine asks for the next before two thirds of it are over. */
const AGENT_DAYS = 90;
/** A machine that got its answer has left by then; its token lets nobody else in. */
const FAREWELL_MS = 5_000;

type Served<M extends typeof JoinRequest | typeof RenewRequest> = (
  payload: PayloadOf<M>,
  message: BusMessage,
) => Promise<ReplyOf<M>>;

/** Where machines with a token get credentials of their own, and later the next certificates. */
export class JoinDesk {
  readonly #transport: NatsTransport;
  /** A request that is repeated gets the same answer; another one with the same token gets none. */
  readonly #answers = new Map<string, { asked: string; answer: Promise<ReplyOf<typeof JoinRequest>> }>();

  readonly #farewells = new Set<NodeJS.Timeout>();

  constructor(
    private readonly cluster: Cluster,
    private readonly nats: OwnNats,
    bus: Bus,
  ) {
    this.#transport = new NatsTransport(bus);
    this.#handle(JoinRequest, (payload, message) => this.#join(payload, message));
    this.#handle(RenewRequest, (payload, message) => this.#renew(payload, message));
    this.#transport.listen(() => undefined);
  }

  close(): void {
    this.#farewells.forEach(clearTimeout);
    this.#transport.close();
  }

  /** Makes a token by which one machine can join until its time, in milliseconds, is over. */
  async issueToken(ttlMs: number): Promise<string> {
    const id = randomBytes(8).toString('hex');
    const identity: Identity = { role: 'bootstrap', name: id };
    const now = Date.now();
    const authority = await this.cluster.pki.authority();
    const bearer = { commonName: addressOf(identity), usage: ['client' as const], days: ttlMs / DAY_MS, now };
    const { seed, nkey } = makeNkey();
    const { certificate, key } = await issue(authority, bearer);
    this.nats.guests.add({ ...identity, nkey, until: now + ttlMs });
    await this.nats.reload();
    const expires = new Date(now + ttlMs).toISOString();
    return encodeToken({
      id,
      url: await this.nats.outerUrl(),
      expires,
      seed,
      certificate,
      key,
      authority: authority.certificate,
    });
  }

  /** Takes the credentials of a machine that joined; answers whether there were any. */
  async forget(node: string): Promise<boolean> {
    const found = this.nats.guests.remove(({ role, name }) => isAgent(role) && name === node);
    if (found) await this.nats.reload();
    return found;
  }

  #handle<M extends typeof JoinRequest | typeof RenewRequest>(message: M, served: Served<M>): void {
    const handler = (payload: PayloadOf<M>, context: BusMessage): Promise<ReplyOf<M>> => served(payload, context);
    this.#transport.addHandler(messageId(message), handler as Parameters<NatsTransport['addHandler']>[1]);
  }

  #join(request: PayloadOf<typeof JoinRequest>, message: BusMessage): Promise<ReplyOf<typeof JoinRequest>> {
    const [, , , id = ''] = message.subject.split('.');
    mustAnswerTo(message, { role: 'bootstrap', name: id });
    const asked = JSON.stringify(request);
    const before = this.#answers.get(id);
    if (before === undefined) {
      const answer = this.#admit(id, request);
      this.#answers.set(id, { asked, answer });
      // A refusal leaves the token good: the machine may take another name.
      answer.catch(() => this.#answers.delete(id));
      return answer;
    }
    if (before.asked !== asked) throw forbidden(`the token ${id} was used already`);
    return before.answer;
  }

  async #admit(id: string, { node, agents }: PayloadOf<typeof JoinRequest>): Promise<ReplyOf<typeof JoinRequest>> {
    const { guests } = this.nats;
    if (!guests.has({ role: 'bootstrap', name: id })) throw forbidden(`the token ${id} has expired`);
    if (this.#isTaken(node)) {
      throw new StatusError(
        statusOf.conflict('nodes', node, `a machine of this name has joined; npm run forget -- ${node} takes it off`),
      );
    }
    const certificates = await Promise.all(
      agents.map(async ({ role, csr }) => ({ role, certificate: await this.#certify({ role, name: node }, csr) })),
    );
    guests.add(...agents.map(({ role, nkey }) => ({ role, name: node, nkey })));
    await this.nats.reload();
    this.#farewells.add(setTimeout(() => void this.#retire(id), FAREWELL_MS).unref());
    const { layout, pki } = this.cluster;
    this.cluster.tell(`machine ${node} joined`);
    return {
      certificates,
      authority: (await pki.authority()).certificate,
      clusterCidr: layout.clusterCidr,
      serviceCidr: layout.serviceCidr,
      clusterDns: layout.clusterDns,
      underlayCidr: layout.underlayCidr,
      backend: this.cluster.settings.backend,
      expires: expiryText(certificates[0]?.certificate ?? ''),
    };
  }

  async #renew({ csr }: PayloadOf<typeof RenewRequest>, message: BusMessage): Promise<ReplyOf<typeof RenewRequest>> {
    const [, , , role = '', ...rest] = message.subject.split('.');
    const identity = this.nats.guests
      .all()
      .find((guest) => isAgent(guest.role) && addressOf(guest) === `${role}.${rest.join('.')}`);
    if (identity === undefined) throw forbidden(`${role} ${rest.join('.')} did not join by a token`);
    mustAnswerTo(message, identity);
    const certificate = await this.#certify(identity, csr);
    return { certificate, expires: expiryText(certificate) };
  }

  async #certify({ role, name }: { role: Role; name: string }, csr: string): Promise<string> {
    const bearer = { commonName: addressOf({ role, name }), usage: ['client' as const] };
    try {
      return await issueFromRequest(await this.cluster.pki.authority(), csr, {
        ...bearer,
        days: AGENT_DAYS,
        now: Date.now(),
      });
    } catch (error) {
      if (error instanceof RequestRejected) throw new StatusError(statusOf.badRequest(error.message));
      throw error;
    }
  }

  #isTaken(node: string): boolean {
    const own = identitiesOf(this.cluster).some(({ role, name }) => isAgent(role) && name === node);
    if (own || this.cluster.layout.hollowNodes.includes(node)) return true;
    return this.nats.guests.all().some(({ role, name }) => isAgent(role) && name === node);
  }

  async #retire(id: string): Promise<void> {
    this.nats.guests.remove(({ role, name }) => role === 'bootstrap' && name === id);
    await this.nats.reload();
  }
}

/** An answer to anybody's inbox but the sender's would be given with this process' rights. */
function mustAnswerTo(message: BusMessage, identity: Identity): void {
  if (message.reply?.startsWith(`${inboxOf(identity)}.`) !== true)
    throw forbidden('the answer must go to the inbox of the sender');
}

function forbidden(reason: string): StatusError {
  return new StatusError(statusOf.forbidden('nodes', '', reason));
}

function expiryText(certificate: string): string {
  return new Date(expiryOf(certificate)).toISOString();
}
