import type { Cluster } from '../cluster';
import type { ImageStore } from '../images/image-store';
import type { MinionLayout } from '../layout';
import type { ManagedProcess } from '../processes/managed-process';
import type { ToolPackages } from '../system/tools';

/** What differs between the runtimes that minions may have: whatever the launcher does to one, it does by this. */
export interface MinionRuntime {
  /** For people. */
  readonly title: string;
  /** Its programs, and the Debian packages that bring them. */
  readonly tools: ToolPackages;
  /** The last words of their names, in the order of starting: the last is who the kubelet talks to. */
  readonly processes: readonly [string, ...string[]];
  /** Starts them, in the minion's network; answers the last. */
  start(cluster: Cluster, minion: MinionLayout): Promise<ManagedProcess>;
  /** Whether it answers; within milliseconds, where they are given. */
  answers(minion: MinionLayout, withinMs?: number): Promise<boolean>;
  /** Ends every container that runs, all at once: asks first. What they leave in the kernel is gone then too. */
  stopContainers(minion: MinionLayout): Promise<void>;
  images(minion: MinionLayout): ImageStore;
  /** By which its kubelet finds it. */
  kubeletEnv(minion: MinionLayout): Readonly<Record<string, string>>;
}
