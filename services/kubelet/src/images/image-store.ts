import { Inject, Injectable } from '@nestjs/common';
import { POD_RUNTIME } from '../tokens';
import { imageName } from './domain/image-name';
import type { ImageFacts, PodRuntime, PullProgress, RegistryAuth } from '../runtime/runtime';

/** The engine's images, asked for once each and remembered until the engine says that names have changed. */
@Injectable()
export class ImageStore {
  readonly #known = new Map<string, Promise<ImageFacts | undefined>>();
  readonly #names = new Map<string, string>();
  #forgot: () => void = () => undefined;
  #supply: (() => Promise<void>) | undefined;

  constructor(@Inject(POD_RUNTIME) private readonly runtime: PodRuntime) {}

  /** How image ids are written in statuses: by digest if a registry knows them, else by id. */
  get names(): ReadonlyMap<string, string> {
    return this.#names;
  }

  /** @param supply brings what may be had without a registry; asked before an image counts as missing */
  supplyMissing(supply: () => Promise<void>): void {
    this.#supply = supply;
  }

  forget(): void {
    this.#known.clear();
    this.#forgot();
  }

  /** Calls back when the engine's images, or their names, may be others. */
  onForget(listener: () => void): void {
    this.#forgot = listener;
  }

  find(reference: string): Promise<ImageFacts | undefined> {
    const known = this.#known.get(reference);
    if (known !== undefined) return known;
    const asked = this.#ask(reference);
    this.#known.set(reference, asked);
    return asked;
  }

  /** Fetches from the registry, whatever is here. Throws RuntimeError with its reason. */
  async pull(
    reference: string,
    auth: RegistryAuth | undefined,
    signal: AbortSignal,
    onProgress?: (progress: PullProgress) => void,
  ): Promise<ImageFacts> {
    await this.runtime.pull(reference, auth, signal, onProgress);
    this.#known.delete(reference);
    const found = await this.find(reference);
    if (found === undefined) throw new Error(`image ${reference} is not there after it was pulled`);
    return found;
  }

  async #supplied(reference: string): Promise<ImageFacts | undefined> {
    if (this.#supply === undefined) return undefined;
    await this.#supply();
    return this.runtime.image(reference);
  }

  async #ask(reference: string): Promise<ImageFacts | undefined> {
    try {
      const facts = (await this.runtime.image(reference)) ?? (await this.#supplied(reference));
      // What is missing may come any moment without its name changing.
      if (facts === undefined) this.#known.delete(reference);
      else this.#names.set(facts.id, imageName(this.runtime.name, facts));
      return facts;
    } catch (error) {
      this.#known.delete(reference);
      throw error;
    }
  }
}
