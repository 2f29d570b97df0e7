import { Cluster } from '../cluster';
import { serveControl, type ControlDesk } from '../control/control';
import { EngineSweep } from '../engines/engine-sweep';
import { UnderlayWatch } from '../underlay/underlay-watch';
import { JoinDesk } from '../join/join-desk';
import { announce, claim, release } from '../launcher-claim';
import { endLeftovers } from '../processes/registry';
import { renewHourly } from '../pki/home-pki';
import { runPlan } from '../progress';
import type { LauncherSettings } from '../settings';
import { clearAbandoned } from '../slot/clear-slot';
import { planBase, planCluster } from '../start-plan';
import { greeting } from '../greeting';

/** Runs the cluster in the foreground: until Ctrl-C, or, detached, until `down` asks it to end. */
export async function start(settings: LauncherSettings): Promise<void> {
  const tell = (sentence: string): void => void process.stdout.write(`  ! ${sentence}\n`);
  const cluster = new Cluster(settings, tell);
  cluster.home.make();
  const before = claim(cluster);
  const desk: { open?: JoinDesk } = {};
  const control = serveControl(settings.home, cluster.registry, controlDesk(desk));
  const asked = whenAskedToStop();
  const sweep = new EngineSweep(cluster);
  const watch = new UnderlayWatch(cluster, (state) => announce(cluster, state === 'whole' ? 'ready' : 'repairing'));
  try {
    if (before.kind === 'abandoned') {
      tell(
        `slot ${settings.slot} was that of ${before.claim.home}, which no longer runs: what it left there is removed`,
      );
      await clearAbandoned(cluster.layout, before.claim.home);
    }
    const left = await endLeftovers(cluster.registry.records);
    if (left.length > 0) tell(`ended what an earlier launcher had left: ${left.join(', ')}`);
    await Promise.race([startAll(cluster, [watch, sweep], desk), asked]);
    await asked;
  } finally {
    process.stdout.write('\n  Stopping; what is logged stays.\n');
    await Promise.all([watch.stop(), sweep.stop()]);
    await cluster.registry.stop((text) => process.stdout.write(`  - ${text}\n`));
    control.close();
    await cluster.close();
    release(cluster);
  }
  process.exit(0);
}

async function startAll(
  cluster: Cluster,
  watches: readonly { start(): void }[],
  desk: { open?: JoinDesk },
): Promise<void> {
  const since = Date.now();
  await runPlan(planBase, cluster);
  await runPlan(planCluster(cluster), cluster);
  const { ownNats } = cluster;
  if (ownNats !== undefined) desk.open = new JoinDesk(cluster, ownNats, (await cluster.health()).bus);
  process.stdout.write(greeting(cluster, (Date.now() - since) / 1000));
  claim(cluster, 'ready');
  renewHourly(cluster.pki, cluster.tell);
  if (cluster.mode.kind === 'minions') watches.forEach((watch) => watch.start());
}

/** Tokens for machines that are to join, and the end of their credentials; from the time that the cluster is ready. */
function controlDesk(desk: { open?: JoinDesk }): ControlDesk {
  const open = (): JoinDesk => {
    if (desk.open === undefined) throw new Error('the cluster is not ready yet, or its NATS server is not its own');
    return desk.open;
  };
  return {
    token: (minutes) => open().issueToken(minutesOf(minutes) * 60_000),
    forget: async (node) => {
      if (!(await open().forget(node))) throw new Error(`no machine called ${node} has joined`);
      return node;
    },
  };
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= 24 * 60) return minutes;
  throw new Error(`"${text}" is no number of minutes from 1 to 1440`);
}

/** The second request is not awaited politely: the process ends, and the next start cleans up. */
export function whenAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    let times = 0;
    const ask = (): void => {
      times += 1;
      if (times > 1) process.exit(130);
      resolve();
    };
    process.on('SIGINT', ask);
    process.on('SIGTERM', ask);
    process.on('SIGHUP', ask);
  });
}
