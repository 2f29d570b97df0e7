import {
  ErrorCode,
  NatsError,
  nuid,
  type Msg,
  type NatsConnection,
  type Payload,
  type Status,
  type Subscription,
  type SubscriptionOptions,
} from 'nats';
import type { SimProcess } from '../world/process';
import type { Broker, Fate, Interested } from './broker';
import { Feed } from './feed';
import { SimSubscription } from './subscription';
import { bytesOf, headerOf, SimMessage, type Wire } from './wire';

const MAX_PAYLOAD = 1_048_576;

type Headers = Parameters<typeof headerOf>[0];
interface Arrived {
  readonly sid: number;
  readonly wire: Wire;
}

/** One life of a connection's line: what would arrive later than these moments never does. */
interface Line {
  outUntil: number;
  inUntil: number;
}

/**
 * One process' connection to the simulated server, as far as Shiplog uses nats.js' own. What is sent arrives in order
 * unless a fault says otherwise; what arrives within one read is handed out in one go, as from a socket.
 */
export class SimConnection {
  readonly info = { max_payload: MAX_PAYLOAD };
  readonly #subscriptions = new Map<number, SimSubscription>();
  readonly #atServer = new Map<number, Interested>();
  readonly #feeds = new Set<Feed<Status>>();
  readonly #asking = new Map<string, (message: Msg) => void>();
  readonly #closing: (() => void)[] = [];
  /** Undefined: it is down, and both sides know. */
  #line: Line | undefined = { outUntil: Infinity, inUntil: Infinity };
  /** What was sent while it was down, as far as the client has kept it. */
  #kept: (() => void)[] = [];
  #closed = false;
  #isDeaf = false;
  #sids = 0;
  #lastOut = 0;
  #lastIn = 0;
  #inbound: Arrived[] = [];
  #mux: string | undefined;

  constructor(
    private readonly broker: Broker,
    readonly process: SimProcess,
    private readonly inboxPrefix: string,
  ) {
    broker.connections.add(this);
    process.onEnd(() => this.#killed());
  }

  /** What libs see of it. */
  get handle(): NatsConnection {
    return this as unknown as NatsConnection;
  }

  get isUp(): boolean {
    return this.#line !== undefined && this.#line.outUntil === Infinity && !this.#closed;
  }

  publish(subject: string, payload?: Payload, options: { reply?: string; headers?: Headers } = {}): void {
    this.#mustBeOpen();
    const data = bytesOf(payload);
    if (data.length > MAX_PAYLOAD) throw new NatsError('MAX_PAYLOAD_EXCEEDED', ErrorCode.MaxPayloadExceeded);
    const wire = { subject, reply: options.reply, data, header: headerOf(options.headers) };
    this.#send(() => this.broker.route(this, wire));
  }

  subscribe(subject: string, options: SubscriptionOptions = {}): Subscription {
    this.#mustBeOpen();
    const sid = ++this.#sids;
    const subscription = new SimSubscription(sid, subject, options, () => {
      this.#subscriptions.delete(sid);
      this.#send(() => this.#forgetAtServer(sid));
    });
    this.#subscriptions.set(sid, subscription);
    this.#send(() => this.#knowAtServer(subscription));
    return subscription.handle;
  }

  request(
    subject: string,
    payload?: Payload,
    options: { timeout: number; headers?: Headers } = { timeout: 1_000 },
  ): Promise<Msg> {
    return new Promise((resolve, reject) => {
      this.#mustBeOpen();
      const reply = this.#inbox();
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#asking.delete(reply);
        settle();
      };
      const timer = setTimeout(() => end(() => reject(new NatsError('TIMEOUT', ErrorCode.Timeout))), options.timeout);
      this.#asking.set(reply, (message) => {
        const isNobody = message.data.length === 0 && message.headers?.code === 503;
        end(() => (isNobody ? reject(new NatsError('503', ErrorCode.NoResponders)) : resolve(message)));
      });
      this.publish(subject, payload, { ...options, reply });
    });
  }

  /** Every answer that comes in time, however many. */
  requestMany(subject: string, payload?: Payload, options: { maxWait?: number } = {}): Promise<AsyncIterable<Msg>> {
    this.#mustBeOpen();
    const reply = this.#inbox();
    const answers = new Feed<Msg>();
    const end = (error?: Error): void => {
      clearTimeout(timer);
      this.#asking.delete(reply);
      answers.end(error);
    };
    const timer = setTimeout(() => end(), options.maxWait ?? 1_000);
    this.#asking.set(reply, (message) => {
      const isNobody = message.data.length === 0 && message.headers?.code === 503;
      if (isNobody) end(new NatsError('503', ErrorCode.NoResponders));
      else answers.push(message);
    });
    this.publish(subject, payload, { reply });
    return Promise.resolve(answers);
  }

  status(): AsyncIterable<Status> {
    const feed = new Feed<Status>();
    this.#feeds.add(feed);
    return feed;
  }

  /** Resolves when the server has had everything that was sent before. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#send(() => this.broker.world.later(this.process, this.broker.latency(), 'arrival', resolve));
    });
  }

  async drain(): Promise<void> {
    if (this.isUp) await this.flush();
    await this.close();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#gone();
    for (const subscription of this.#subscriptions.values()) subscription.close();
    for (const feed of this.#feeds) feed.end();
    for (const resolve of this.#closing) resolve();
    await Promise.resolve();
  }

  closed(): Promise<void> {
    return this.#closed ? Promise.resolve() : new Promise((resolve) => this.#closing.push(resolve));
  }

  isClosed(): boolean {
    return this.#closed;
  }

  isDraining(): boolean {
    return this.#closed;
  }

  rtt(): Promise<number> {
    return Promise.resolve(1);
  }

  getServer(): string {
    return 'simulated';
  }

  jetstream(): never {
    throw new NatsError('there is no JetStream in the simulation', ErrorCode.JetStreamNotEnabled);
  }

  jetstreamManager(): Promise<never> {
    return Promise.reject(new NatsError('there is no JetStream in the simulation', ErrorCode.JetStreamNotEnabled));
  }

  /** The server has a message for one of the subscriptions. */
  arrive(sid: number, wire: Wire, { copies, extraMs, outOfOrder }: Fate): void {
    const { time } = this.broker.world;
    const line = this.#line;
    if (line === undefined || (this.#isDeaf && !wire.subject.startsWith(this.inboxPrefix))) return;
    for (let i = 0; i < copies; i++) {
      let at = time.now + this.broker.latency() + extraMs;
      if (!outOfOrder) at = this.#lastIn = Math.max(this.#lastIn, at);
      this.broker.world.later(this.process, at - time.now, 'arrival', () => {
        if (line === this.#line && at <= line.inUntil) this.#read({ sid, wire });
      });
    }
  }

  /** Both sides learn at once that the line is gone; `reconnect` brings it back. */
  cut(): void {
    if (this.#closed || this.#line === undefined) return;
    this.#lineEnds(this.#line);
    this.#line = undefined;
    this.#tell('disconnect');
  }

  /** From now on everything vanishes, both ways, and nobody knows. */
  blackhole(): void {
    const { now } = this.broker.world.time;
    if (this.isUp) this.#line = Object.assign(this.#line as Line, { outUntil: now, inUntil: now });
    this.broker.world.trace.say(this.process.name, 'is cut off, unnoticed');
  }

  /** From now on nothing is heard of what is told to all; questions and their answers go through, and nobody knows. */
  deafen(): void {
    this.#isDeaf = true;
    this.broker.world.trace.say(this.process.name, 'hears nothing any more');
  }

  hearAgain(): void {
    this.#isDeaf = false;
  }

  reconnect(): void {
    if (this.#closed || this.isUp) return;
    this.cut();
    this.#line = { outUntil: Infinity, inUntil: Infinity };
    this.#lastIn = 0;
    for (const subscription of this.#subscriptions.values()) this.#send(() => this.#knowAtServer(subscription));
    for (const kept of this.#kept.splice(0)) this.#send(kept);
    this.#tell('reconnect');
  }

  #tell(type: string): void {
    this.broker.world.trace.say(this.process.name, type);
    this.broker.world.later(this.process, 0, 'arrival', () => {
      for (const feed of this.#feeds) feed.push({ type, data: 'simulated' } as Status);
    });
  }

  /** One read of the socket: the client parses all that has come, and then other code goes on. */
  #read(arrived: Arrived): void {
    if (this.#inbound.push(arrived) > 1) return;
    const line = this.#line;
    this.broker.world.later(this.process, 0.2, 'arrival', () => {
      const all = this.#inbound.splice(0);
      if (line !== this.#line) return;
      for (const { sid, wire } of all) {
        this.#subscriptions.get(sid)?.deliver(new SimMessage(wire, sid, (...given) => this.publish(...given)));
      }
    });
  }

  #send(atServer: () => void): void {
    const { time } = this.broker.world;
    const line = this.#line;
    if (this.#closed) return;
    if (line === undefined) {
      // While it is reconnecting, nats.js keeps what is sent, or has lost it by the time that the line is back.
      if (this.broker.hadLeft()) this.#kept.push(atServer);
      return;
    }
    const at = (this.#lastOut = Math.max(this.#lastOut, time.now + this.broker.latency()));
    time.after(at - time.now, () => {
      if (at <= line.outUntil) atServer();
    });
  }

  #knowAtServer(subscription: SimSubscription): void {
    const { sid, subject, options } = subscription;
    if (subscription.isClosed() || this.#closed || this.#line === undefined) return;
    this.#forgetAtServer(sid);
    const interested = { connection: this, sid, subject, queue: options.queue };
    this.#atServer.set(sid, interested);
    this.broker.subscribed(interested);
  }

  #forgetAtServer(sid: number): void {
    const interested = this.#atServer.get(sid);
    if (interested === undefined) return;
    this.#atServer.delete(sid);
    this.broker.unsubscribed(interested);
  }

  #inbox(): string {
    if (this.#mux === undefined) {
      this.#mux = `${this.inboxPrefix}.${nuid.next()}`;
      // The callback can't throw: it settles a promise.
      // eslint-disable-next-line no-restricted-properties
      this.subscribe(`${this.#mux}.*`, { callback: (_, message) => this.#asking.get(message.subject)?.(message) });
    }
    return `${this.#mux}.${nuid.next()}`;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new NatsError('CONNECTION_CLOSED', ErrorCode.ConnectionClosed);
  }

  /** Some of what was under way had left this machine; the server forgets what it knew of this connection. */
  #lineEnds(line: Line): void {
    const { now } = this.broker.world.time;
    line.outUntil = Math.min(line.outUntil, this.broker.hadLeft() ? this.#lastOut : now);
    line.inUntil = Math.min(line.inUntil, now);
    this.#inbound = [];
    for (const sid of [...this.#atServer.keys()]) this.#forgetAtServer(sid);
  }

  #gone(): void {
    this.#closed = true;
    this.broker.connections.delete(this);
    for (const sid of [...this.#atServer.keys()]) this.#forgetAtServer(sid);
  }

  /** Nothing of the process runs any more; the server notices at once that its socket is closed. */
  #killed(): void {
    if (this.#closed) return;
    this.#gone();
    if (this.#line !== undefined) this.#lineEnds(this.#line);
  }
}
