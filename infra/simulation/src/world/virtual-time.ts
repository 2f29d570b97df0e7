/** What happens at a moment of virtual time. */
export interface Task {
  readonly at: number;
  /** Among tasks of one moment, what was asked for first happens first. */
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** Virtual time, in milliseconds from the begin of a run: it goes on only from one task to the next. */
export class VirtualTime {
  #now = 0;
  #made = 0;
  readonly #heap: Task[] = [];

  get now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): Task {
    const delay = Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
    const task = { at: this.#now + delay, order: this.#made++, run, cancelled: false };
    this.#push(task);
    return task;
  }

  /** Takes the next task, and goes on to its moment; undefined when there is none up to `end`, which is then reached. */
  next(end: number): Task | undefined {
    for (;;) {
      const [task] = this.#heap;
      if (task === undefined || task.at > end) {
        this.#now = Math.max(this.#now, end);
        return undefined;
      }
      this.#pop();
      if (task.cancelled) continue;
      this.#now = task.at;
      return task;
    }
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let i = heap.push(task) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(task, heap[parent] as Task)) break;
      heap[i] = heap[parent] as Task;
      i = parent;
    }
    heap[i] = task;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Task;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Task, heap[child] as Task)) child++;
      if (!isBefore(heap[child] as Task, last)) break;
      heap[i] = heap[child] as Task;
      i = child;
    }
    heap[i] = last;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
