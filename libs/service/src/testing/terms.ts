interface Term {
  readonly instance: string;
  readonly began: number;
  ended: number;
}

/** Who led when, as the members themselves tell: in the order of what happened, which no clock blurs. */
export class Terms {
  readonly #terms: Term[] = [];
  #happened = 0;

  /** A member begins or ceases to lead. */
  change(instance: string, leads: boolean): void {
    if (leads) this.#terms.push({ instance, began: ++this.#happened, ended: Infinity });
    else this.ended(instance);
  }

  /** A member leads no more, whatever it says: its process is gone. */
  ended(instance: string): void {
    for (const term of this.#terms)
      if (term.instance === instance && term.ended === Infinity) term.ended = ++this.#happened;
  }

  /** Who has led, in order. */
  get all(): string[] {
    return this.#terms.map(({ instance }) => instance);
  }

  /** Who leads now. */
  get current(): string[] {
    return this.#terms.filter(({ ended }) => ended === Infinity).map(({ instance }) => instance);
  }

  /** Fails when two have led at one moment, however short. */
  expectNoOverlap(): void {
    const overlaps = this.#terms.slice(1).flatMap((term, i) => {
      const others = this.#terms.slice(0, i + 1).filter(({ ended }) => ended > term.began);
      return others.map(({ instance }) => `${instance} led when ${term.instance} began`);
    });
    expect(overlaps).toEqual([]);
  }
}
