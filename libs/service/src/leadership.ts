import { BusMessage, type Bus } from '@shiplog/bus';
import { LeadershipClaimed, LeadershipMember, problemIn, subjects } from '@shiplog/contracts';
import type { Subscription } from 'nats';
import { nuid } from 'nats';
import type { Logger } from 'pino';
import { firstOf, type Claim } from './leadership-claims';

export interface LeadershipOptions {
  /** What there should be one of: the service, and within it for example a scheduler's name. */
  readonly scope?: string;
  readonly instance: string;
  readonly logger: Logger;
  /** Called when this member begins and ceases to lead. */
  readonly onChange: (leads: boolean) => void;
}

/** How often a member speaks, and how often one that waits makes sure that the first is there. */
const BEAT_MS = 1_000;
/** A member doesn't count any more when one has heard oneself so often without hearing it. */
const SILENT_BEATS = 3;
/** So many others are remembered, far more than there are: what a hostile member can make up must not fill the memory. */
const MOST_OTHERS = 100;
/** How long a newcomer listens before it takes what nobody claims. */
const LISTEN_MS = 150;

/**
 * Which one of a service's instances acts. Members tell each other of themselves over plain NATS, so nothing is stored
 * and nothing can be lost: whoever hears nobody that goes before it leads. A leader that stops says so (its successor
 * leads within milliseconds); one that was killed is missed by who waits next, at the latest after `BEAT_MS`, because
 * NATS knows at once that nobody listens; one that hangs is given up after `SILENT_BEATS`. While NATS is away nobody
 * hears anybody, oneself included, and all stays as it was.
 *
 * For a moment there may be two (when NATS comes back, say), so this is for work that two can't spoil: deciders, whose
 * commands the journal checks again. Usage, in a service's start and shutdown hooks:
 *
 *     this.leadership = await Leadership.join(bus, { instance, logger, onChange: (leads) => … });
 *     this.leadership.leave(); // before the bus is drained, which sends it
 *
 * Keep the projection live while waiting, and act in `onChange(true)` on what it holds then.
 */
export class Leadership {
  readonly #member: string;
  readonly #others = new Map<string, { claim: Claim; missed: number }>();
  /** When this member last heard itself; a burst after a reconnection counts once. */
  #heardSelfAt = 0;
  readonly #subscriptions: Subscription[] = [];
  #state: 'listens' | Claim['state'] = 'listens';
  #since = Date.now();
  #beat: NodeJS.Timeout | undefined;
  #listening: NodeJS.Timeout | undefined;

  private constructor(
    private readonly bus: Bus,
    private readonly options: LeadershipOptions,
  ) {
    this.#member = `${options.instance}-${nuid.next()}`;
  }

  /** Resolves when this member knows whether it leads; `onChange(true)` was called before if it does. */
  static async join(bus: Bus, options: LeadershipOptions): Promise<Leadership> {
    const leadership = new Leadership(bus, options);
    await leadership.#join();
    return leadership;
  }

  get leads(): boolean {
    return this.#state === 'leads';
  }

  /** Who leads, for people: this member, another one, or nobody that was heard of. */
  get leader(): string | undefined {
    const first = firstOf(this.#claims());
    return first?.state === 'leads' ? first.member : undefined;
  }

  /** Gives up, so that another member can lead at once. */
  leave(): void {
    if (this.#state === 'leaves') return;
    this.#become('leaves');
    clearInterval(this.#beat);
    clearTimeout(this.#listening);
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  async #join(): Promise<void> {
    const all = subjects.process(LeadershipClaimed.address, this.#place);
    const own = subjects.process(LeadershipMember.address, { ...this.#place, member: this.#member });
    this.#subscriptions.push(
      this.bus.listen(all, (message) => this.#hear(readClaim(new BusMessage(message).json()))),
      this.bus.listen(own, (message) => new BusMessage(message).respond({})),
    );
    this.#say({ asks: true });
    await new Promise<void>((resolve) => (this.#listening = setTimeout(resolve, LISTEN_MS)));
    if (this.#state === 'leaves') return;
    this.#state = 'waits';
    this.#settle();
    this.#beat = setInterval(() => this.#onBeat(), BEAT_MS);
  }

  #onBeat(): void {
    this.#say();
    const first = firstOf(this.#claims());
    if (!this.leads && first !== undefined && first.member !== this.#member) void this.#visit(first.member);
  }

  #hear(claim: Claim): void {
    if (this.#state === 'leaves') return;
    if (claim.member === this.#member) return this.#hearSelf();
    if (claim.state === 'leaves') this.#others.delete(claim.member);
    else if (this.#others.size < MOST_OTHERS || this.#others.has(claim.member))
      this.#others.set(claim.member, { claim, missed: 0 });
    if (claim.asks === true) this.#say();
    if (this.#state !== 'listens') this.#settle();
  }

  #hearSelf(): void {
    const now = performance.now();
    if (now - this.#heardSelfAt < BEAT_MS / 2) return;
    this.#heardSelfAt = now;
    for (const [member, other] of this.#others) {
      other.missed += 1;
      if (other.missed > SILENT_BEATS) this.#others.delete(member);
    }
    if (this.#state !== 'listens') this.#settle();
  }

  /** Asks a member whether it is there; only NATS' word that nobody listens counts, silence is left to time. */
  async #visit(member: string): Promise<void> {
    try {
      const subject = subjects.process(LeadershipMember.address, { ...this.#place, member });
      await this.bus.connection.request(subject, undefined, { timeout: BEAT_MS });
    } catch (error) {
      if ((error as { code?: unknown }).code !== '503') return;
      this.#others.delete(member);
      this.#settle();
    }
  }

  /** Leads exactly when nobody goes before it. */
  #settle(): void {
    if (this.#state === 'leaves') return;
    const leads = firstOf(this.#claims())?.member === this.#member;
    if (leads !== this.leads) this.#become(leads ? 'leads' : 'waits');
  }

  #become(state: Claim['state']): void {
    const led = this.leads;
    this.#state = state;
    this.#since = Date.now();
    this.#say();
    if (led === this.leads) return;
    this.options.logger.info({ ...this.#place, member: this.#member }, this.leads ? 'leads' : 'stands by');
    this.options.onChange(this.leads);
  }

  #claims(): Claim[] {
    return [this.#claim(), ...[...this.#others.values()].map(({ claim }) => claim)];
  }

  #claim(): Claim {
    return { member: this.#member, state: this.#state === 'listens' ? 'waits' : this.#state, since: this.#since };
  }

  #say(more: Partial<Claim> = {}): void {
    if (this.bus.connection.isClosed() || this.bus.connection.isDraining()) return;
    this.bus.tell(LeadershipClaimed, { ...this.#claim(), ...more }, this.#place);
  }

  /** What its subjects are filled in with. */
  get #place(): { service: string; scope: string } {
    return { service: this.bus.identity.role, scope: this.options.scope ?? '' };
  }
}

/** Throws when a message is no claim: whoever listens is told, and goes on. */
function readClaim(value: unknown): Claim {
  const problem = problemIn(LeadershipClaimed.payload, value);
  if (problem !== undefined) throw new Error(`invalid claim of leadership: ${problem}`);
  return value as Claim;
}
