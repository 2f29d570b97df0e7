import { spreadingPicker, stickyPicker, type Picker, type Plane } from './layout';

/** The places to pick backends that services have asked for: thousands of services share a few, each made once. */
export class Pickers {
  readonly #made = new Map<string, Picker>();

  /** `clusterCidr`: where pods have their addresses; '': unknown. */
  constructor(private readonly clusterCidr: string) {}

  /** One for so many backends; with `seconds`, where clients stay for so long. */
  get(plane: Plane, count: number, seconds: number | undefined): Picker {
    const id = `${plane} ${count} ${seconds ?? ''}`;
    const known = this.#made.get(id);
    if (known !== undefined) return known;
    const origin = { plane, clusterCidr: this.clusterCidr };
    const picker = seconds === undefined ? spreadingPicker(origin, count) : stickyPicker(origin, count, seconds);
    this.#made.set(id, picker);
    return picker;
  }
}
