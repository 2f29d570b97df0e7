import { Listr, type ListrTask, PRESET_TIMER } from 'listr2';
import type { Cluster, Step } from './cluster';

/** Steps that run at the same time, shown below one title. */
export interface Together {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** Entries run one after another. */
export type Plan = readonly (Step | Together)[];

const LIVE = {
  timer: PRESET_TIMER,
  collapseSubtasks: false,
  collapseErrors: false,
  showErrorMessage: false,
  formatOutput: 'truncate',
} as const;

/** Runs a plan, showing each step with its time: live on a terminal, a line each once it is done elsewhere. Throws what a step throws. */
export async function runPlan(plan: Plan, cluster: Cluster): Promise<void> {
  const tasks = plan.map((entry) => ('steps' in entry ? groupTask(entry) : stepTask(entry)));
  const live = process.stdout.isTTY
    ? { renderer: 'default' as const, rendererOptions: LIVE }
    : { renderer: 'silent' as const };
  await new Listr<Cluster, 'default' | 'silent', 'silent'>(tasks, {
    ctx: cluster,
    registerSignalListeners: false,
    ...live,
  }).run();
}

function groupTask(group: Together): ListrTask<Cluster> {
  return {
    title: group.title,
    task: (_, task) => task.newListr(group.steps.map(stepTask), { concurrent: true }),
  };
}

function stepTask(step: Step): ListrTask<Cluster> {
  return {
    title: step.title,
    task: async (cluster, task) => {
      const since = Date.now();
      const outcome = await step.run(cluster, (text) => {
        task.output = text;
      });
      task.title = `${step.title}: ${outcome}`;
      if (!process.stdout.isTTY)
        process.stdout.write(`  ✓ ${task.title} (${((Date.now() - since) / 1000).toFixed(1)} s)\n`);
    },
  };
}
