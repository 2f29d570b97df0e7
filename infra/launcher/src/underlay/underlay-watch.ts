import { setTimeout as wait } from 'node:timers/promises';
import type { Cluster } from '../cluster';
import { runtimeProcesses } from '../engines/runtimes';
import { sentenceOf } from '../failure';
import { claimAgain } from '../launcher-claim';
import type { MinionLayout } from '../layout';
import { observeUnderlay } from './observe-underlay';
import { describeLack, type Lack, planRepairs } from './plan/repairs';
import { repair } from './repair-underlay';

const LOOK_EVERY_MS = 2_000;
/** An engine that has just been started has no socket yet. */
const ENGINE_PATIENCE_MS = 20_000;

/** Looks every two seconds whether all is there that the launcher made for its minions, and makes again what is not. */
export class UnderlayWatch {
  private readonly ending = new AbortController();
  private watching: Promise<void> = Promise.resolve();
  /** Since all was there last. */
  private readonly told = new Set<string>();

  /** @param announce is told when something is missing, and when all is there again */
  constructor(
    private readonly cluster: Cluster,
    private readonly announce: (state: 'whole' | 'lacking') => void,
  ) {}

  start(): void {
    this.watching = this.watch();
  }

  /** Resolves once nothing is being made any more. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.watching;
  }

  private async watch(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      await this.look().catch((error: unknown) => this.tellOnce(sentenceOf(error)));
      await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    claimAgain(this.cluster);
    const lacks = await this.lacks();
    if (lacks.length === 0) return;
    this.announce('lacking');
    const { tell } = this.cluster;
    this.tellOnce(`vanished: ${lacks.map(describeLack).join(', ')}; making it again`);
    const restarted = await repair(this.cluster, lacks);
    const left = await this.lacks();
    if (left.length > 0) return;
    tell(`all is there again${restarted.length === 0 ? '' : `; restarted ${restarted.join(', ')}`}`);
    this.told.clear();
    this.announce('whole');
  }

  private async lacks(): Promise<Lack[]> {
    const { layout } = this.cluster;
    return planRepairs(layout, await observeUnderlay(layout)).filter(
      (lack) => lack.kind !== 'engine' || this.shouldListen(lack.minion),
    );
  }

  /** An engine that is down or starting is its process's matter: that starts it again. */
  private shouldListen(minion: MinionLayout): boolean {
    const state = this.cluster.registry.get(runtimeProcesses(minion).at(-1) ?? '')?.state;
    return state?.kind === 'running' && Date.now() - state.since > ENGINE_PATIENCE_MS;
  }

  /** What cannot be put right is found again every two seconds. */
  private tellOnce(sentence: string): void {
    if (!this.told.has(sentence)) this.cluster.tell(sentence);
    this.told.add(sentence);
  }
}
