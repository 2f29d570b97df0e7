import { stickyPicker } from './affinity';
import { spreadingPicker, type Origin, type Picker, type Plane } from './layout';

/** The places to pick backends that services have asked for: thousands of services share a few, each made once. */
export class Pickers {
  readonly #made = new Map<string, Picker>();

  constructor(private readonly origin: Omit<Origin, 'plane'>) {}

  /** One for so many backends; with `seconds`, where clients stay for so long. */
  get(plane: Plane, count: number, seconds: number | undefined): Picker {
    const id = `${plane} ${count} ${seconds ?? ''}`;
    const known = this.#made.get(id);
    if (known !== undefined) return known;
    const origin = { ...this.origin, plane };
    const picker = seconds === undefined ? spreadingPicker(origin, count) : stickyPicker(origin, count, seconds);
    this.#made.set(id, picker);
    return picker;
  }
}
