/** So many at once, of all and of each kind; the others wait for their turn, those that came first go first. */
export class Limiter {
  #running = 0;
  readonly #ofKind = new Map<string, number>();
  readonly #waiting: { readonly kind: string; readonly begin: () => void }[] = [];

  constructor(
    private readonly most: number,
    private readonly mostOfKind: number,
  ) {}

  async run<T>(kind: string, work: () => Promise<T>): Promise<T> {
    if (!this.#hasRoom(kind)) await new Promise<void>((begin) => this.#waiting.push({ kind, begin }));
    else this.#enter(kind);
    try {
      return await work();
    } finally {
      this.#leave(kind);
    }
  }

  #hasRoom(kind: string): boolean {
    return this.#running < this.most && (this.#ofKind.get(kind) ?? 0) < this.mostOfKind;
  }

  #enter(kind: string): void {
    this.#running += 1;
    this.#ofKind.set(kind, (this.#ofKind.get(kind) ?? 0) + 1);
  }

  #leave(kind: string): void {
    this.#running -= 1;
    const left = (this.#ofKind.get(kind) ?? 1) - 1;
    if (left === 0) this.#ofKind.delete(kind);
    else this.#ofKind.set(kind, left);
    const next = this.#waiting.findIndex((item) => this.#hasRoom(item.kind));
    if (next < 0) return;
    const [item] = this.#waiting.splice(next, 1);
    this.#enter(item!.kind);
    item!.begin();
  }
}
