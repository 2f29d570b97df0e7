import 'reflect-metadata';
import { Command, InvalidArgumentError } from 'commander';
import { measureFanout } from '../../../services/journal/src/testing/fanout';
import { measurePressure } from '../../../services/journal/src/testing/pressure';
import { measureTakeover } from '../../../services/journal/src/testing/takeover';
import { measureSubPathRace } from '../../../services/kubelet/src/testing/sub-path-race';
import { measureProxy, type ProxySize } from '../../../services/proxy/src/testing/proxy-figures';
import { measureApi } from './api/measure-api';
import { measureFlood } from './flood/measure-flood';
import { measureMinion } from './minion/measure-minion';
import { measurePending } from './pending/measure-pending';
import { measurePeers, type PeersSize } from './peers/measure-peers';
import { measureScale } from './scale/measure-scale';
import { measureDns } from './dns/measure-dns';
import { measureNetwork, type NetworkSize } from './network/measure-network';
import { measureSessions } from './sessions/measure-sessions';
import { measureSoak } from './soak/measure-soak';
import { measureWorkloads } from './workloads/measure-workloads';
import { prepareTools } from '../../testing/src/tools';

const EXAMPLES = `
Examples:
  npm run measure -- takeover 50000 150000   with so many pods, one after the other
  npm run measure -- pressure                in a log of 520,000 events, with 40,000 objects to delete
  npm run measure -- fanout 5000             with so many nodes, of which one listens
  npm run measure -- scale 50000 150000      with so many pods, one after the other
  npm run measure -- api                     with 5,000 pods and 20 large definitions
  npm run measure -- soak                    500 watchers of 20,000 changes
  npm run measure -- flood                   1,000 requests a second of one user, beside another's
  npm run measure -- dns                     names at 2,000 questions a second, of 1,000 Services
  npm run measure -- sessions                100 MB through exec each way, a log of 10 MB, 200 sessions
  npm run measure -- subpath 60              for so many seconds, on an engine
  npm run measure -- network                 throughput of two minions' pods, 7 turns of a second each way
  npm run measure -- minion                  100 pods on one minion, and 20 seconds of rest with them
  npm run measure -- workloads               500 Deployments of 5 pods: made, at rest, and with another template
  npm run measure -- peers                   decisions a second, of pods that ask things of each other, on 5,000 nodes
  npm run measure -- pending 10000           so many pods that fit nowhere, while others end
  npm run measure -- proxy                   10,000 services of 6 endpoints, and 100 changes under load

Each has a NATS, and a Postgres where it needs one, of its own, which are gone at the end.`;

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

function wholes(text: string, before: readonly number[] = []): number[] {
  return [...before, whole(text)];
}

/** They run what tests run. */
async function prepare(): Promise<void> {
  process.env['PATH'] = await prepareTools();
}

const program = new Command('npm run measure --')
  .description('Measures what the services of the master must hold to on real parts, and takes minutes to show.')
  .addHelpText('after', EXAMPLES)
  .showHelpAfterError('(--help shows examples)')
  .hook('preAction', prepare);

program
  .command('takeover')
  .description('how long writes wait when the active journal is killed, and its thread stands still for a snapshot')
  .argument('<pods...>', 'how many pods the cluster has', wholes)
  .action((pods: number[]) => measureTakeover(pods));

program
  .command('pressure')
  .description('refusals a second in an old log, and how long writes wait beside the deletion of a collection')
  .option('--events <number>', 'events of the old log', whole, 520_000)
  .option('--objects <number>', 'objects to delete', whole, 40_000)
  .action(({ events, objects }: { events: number; objects: number }) => measurePressure(events, objects));

program
  .command('fanout')
  .description('bytes a second that one minion hears of a cluster of so many nodes')
  .argument('<nodes>', 'how many nodes the cluster has, at least two', whole)
  .action((nodes: number) => measureFanout(Math.max(nodes, 2)));

program
  .command('peers')
  .description(
    'how many decisions a second the scheduler makes of pods that ask for others near or far, or to be spread',
  )
  .option('--nodes <number>', 'how many', whole, 5_000)
  .option('--pods <number>', 'how many are there already', whole, 10_000)
  .option('--decisions <number>', 'how many of each kind', whole, 2_000)
  .action((size: PeersSize) => measurePeers(size));

program
  .command('scale')
  .description('what a pod costs each service in memory, what it computes in one turn, what a load of the state weighs')
  .argument('<pods...>', 'how many pods the cluster has', wholes)
  .action((pods: number[]) => measureScale(pods));

program
  .command('api')
  .description('memory of an api with every kind, how fast its documents are, how long a large definition takes')
  .option('--pods <number>', 'how many', whole, 5_000)
  .option('--definitions <number>', 'how many', whole, 20)
  .action(({ pods, definitions }: { pods: number; definitions: number }) => measureApi(pods, definitions));

program
  .command('soak')
  .description('whether each of many watchers hears of each change once and in order, and what they leave in memory')
  .option('--watchers <number>', 'how many', whole, 500)
  .option('--changes <number>', 'how many', whole, 20_000)
  .action(({ watchers, changes }: { watchers: number; changes: number }) => measureSoak(watchers, changes));

program
  .command('flood')
  .description("what a user's writes take while another user sends so many requests a second")
  .option('--per-second <number>', 'requests of the flood', whole, 1_000)
  .option('--seconds <number>', 'how long', whole, 10)
  .action(({ perSecond, seconds }: { perSecond: number; seconds: number }) => measureFlood(perSecond, seconds));

program
  .command('sessions')
  .description("exec and logs by kubectl beside the engine's own, on a real node, and many sessions at once")
  .option('--megabytes <number>', 'through an exec, each way', whole, 100)
  .option('--log-megabytes <number>', 'of a log', whole, 10)
  .option('--sessions <number>', 'at once', whole, 200)
  .action(({ megabytes, logMegabytes, sessions }: { megabytes: number; logMegabytes: number; sessions: number }) =>
    measureSessions(megabytes, logMegabytes, sessions),
  );

program
  .command('dns')
  .description('how long names take at so many questions a second')
  .option('--per-second <number>', 'questions', whole, 2_000)
  .option('--seconds <number>', 'how long', whole, 10)
  .option('--services <number>', 'how many', whole, 1_000)
  .action(({ perSecond, seconds, services }: { perSecond: number; seconds: number; services: number }) =>
    measureDns(perSecond, seconds, services),
  );

program
  .command('subpath')
  .description('whether a container that exchanges directories of its volume for links gets a mount of it outside')
  .argument('<seconds>', 'how long', whole)
  .action((seconds: number) => measureSubPathRace(seconds));

program
  .command('workloads')
  .description(
    'how long Deployments take to be available, to rest, and to come to another template; what the controllers take for it',
  )
  .option('--deployments <number>', 'how many', whole, 500)
  .option('--replicas <number>', 'pods of each', whole, 5)
  .action(({ deployments, replicas }: { deployments: number; replicas: number }) =>
    measureWorkloads(deployments, replicas),
  );

program
  .command('minion')
  .description('how long so many pods take on one minion, and what its processes take while they only run')
  .option('--pods <number>', 'how many, at most 110', whole, 100)
  .option('--seconds <number>', 'of rest', whole, 20)
  .action(({ pods, seconds }: { pods: number; seconds: number }) => measureMinion(pods, seconds));

program
  .command('pending')
  .description('what events cost a scheduler with so many pods that fit nowhere')
  .argument('<pods>', 'how many', whole)
  .action((pods: number) => measurePending(pods));

program
  .command('proxy')
  .description("how long a node's rules of all services take, a change of one, and requests lost during changes")
  .option('--services <number>', 'how many', whole, 10_000)
  .option('--endpoints <number>', 'of each', whole, 6)
  .option('--changes <number>', 'how many', whole, 100)
  .option('--dual-stack', 'as much of IPv6 besides')
  .action((size: ProxySize) => measureProxy(size));

program
  .command('network')
  .description("throughput between two minions' pods beside that of their link, for each backend")
  .option('--turns <number>', 'of each way', whole, 7)
  .option('--seconds <number>', 'of each turn', whole, 1)
  .action((size: NetworkSize) => measureNetwork(size));

program.parseAsync().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`\n  ✗ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n\n`);
    process.exit(1);
  },
);
