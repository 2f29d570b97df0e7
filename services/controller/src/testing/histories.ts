import fc from 'fast-check';
import type { BuiltIn } from '@shiplog/contracts';
import type { Controller } from '../runtime/domain/controller';
import { decideAgain } from '../again/domain/decide-again';
import { accidents, befall, NODES, runPods, type Accident } from './accidents';
import { TestCluster } from './cluster';

/** As many as a run of all specs has time for; a night takes more: `npm run histories`. */
const USUAL_HISTORIES = 200;
const MOST_STEPS = 25;
/** In which whatever happened must have come to rest. */
const MOST_ROUNDS = 100;
/** Longer than a controller waits for anything by itself: progress deadlines, minReadySeconds, back-offs. */
const ROUND_SECONDS = 900;

/** What must hold of some controllers, whatever users wish and whatever goes wrong. */
export interface Histories<Wish> {
  /** Made anew for each history, and when the controllers are started again. */
  readonly controllers: () => readonly Controller[];
  /** What is there before the first step, beside the namespace `default` and some nodes. */
  readonly begin?: (cluster: TestCluster) => Promise<void>;
  /** What users do. */
  readonly wishes: fc.Arbitrary<Wish>;
  readonly grant: (cluster: TestCluster, wish: Wish) => Promise<void>;
  /** Objects of these are changed by others meanwhile, in what the controllers do not look at. */
  readonly edited: readonly BuiltIn[];
  /** Ends the accidents that are the property's own: from now on all is to come to rest. */
  readonly calm?: () => void;
  /** Throws where something is not as it has to be after every single command. */
  readonly always?: (cluster: TestCluster) => void;
  /** What users do last: without it, what goes by the clock would never come to rest. */
  readonly end?: (cluster: TestCluster) => Promise<void>;
  /** Throws where something is not as it has to be once nothing is left to do. */
  readonly atRest: (cluster: TestCluster) => void;
  /** Whether pods that are left alone end well, as those of a Job, or run on. */
  readonly podsEnd?: boolean;
}

/**
 * Lives through random histories of wishes and accidents: what is `always` so holds after every command, no controller throws,
 * all come to rest, what has to be so `atRest` is, controllers that are started on the settled state write nothing, and every
 * decision can be made again from the log.
 */
export async function holdThroughHistories<Wish>(property: Histories<Wish>): Promise<void> {
  const step = fc.oneof(
    { weight: 2, arbitrary: property.wishes.map((wish) => ({ wish })) },
    { weight: 3, arbitrary: accidents.map((accident) => ({ accident })) },
  );
  const history = fc.asyncProperty(fc.array(step, { maxLength: MOST_STEPS, size: 'max' }), (steps) =>
    live(property, steps),
  );
  await fc.assert(history, { numRuns: histories() });
}

/** How many histories a property lives through: SHIPLOG_HISTORIES, or as many as are usual. */
export function histories(): number {
  return Number(process.env.SHIPLOG_HISTORIES ?? USUAL_HISTORIES);
}

/** How long a spec of histories may take, in milliseconds, on a machine that does other things, too. */
export function historiesPatienceMs(): number {
  return Math.max(120_000, histories() * 300);
}

type Step<Wish> = { readonly wish: Wish } | { readonly accident: Accident };

async function live<Wish>(property: Histories<Wish>, steps: readonly Step<Wish>[]): Promise<void> {
  const cluster = new TestCluster();
  const violations: unknown[] = [];
  try {
    await begin(cluster, property);
    cluster.onDecided = () => {
      try {
        property.always?.(cluster);
      } catch (violation) {
        violations.push(violation);
      }
    };
    for (const step of steps) {
      if ('wish' in step) await property.grant(cluster, step.wish);
      else if (step.accident.kind === 'restart') await restart(cluster, property);
      else await befall(cluster, step.accident, property.edited);
    }
    await property.end?.(cluster);
    await comeToRest(cluster, property);
    property.atRest(cluster);
    await staysAtRest(cluster, property);
    await canBeDecidedAgain(cluster, property);
  } finally {
    await cluster.stop();
  }
  if (violations.length > 0) throw violations[0];
  const thrown = cluster.lines.find(({ level }) => level === 'error');
  if (thrown !== undefined) throw new Error(`a controller threw: ${JSON.stringify(thrown.fields)}`);
}

async function begin<Wish>(cluster: TestCluster, property: Histories<Wish>): Promise<void> {
  await cluster.create('namespaces', { metadata: { name: 'default' } });
  const conditions = [{ type: 'Ready', status: 'True' }];
  for (const name of NODES) await cluster.create('nodes', { metadata: { name }, status: { conditions } });
  for (const controller of property.controllers()) cluster.run(controller);
  await property.begin?.(cluster);
}

/** The controllers' process ends, and another takes over: what it had in mind is lost. */
async function restart<Wish>(cluster: TestCluster, property: Histories<Wish>): Promise<void> {
  await cluster.stop();
  for (const controller of property.controllers()) cluster.run(controller);
}

/** Accidents are over, nodes do their work, time goes by, until nothing is written any more. */
async function comeToRest<Wish>(cluster: TestCluster, property: Histories<Wish>): Promise<void> {
  cluster.loseReply = () => false;
  cluster.lagging = false;
  cluster.deliver();
  property.calm?.();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = cluster.log.length;
    await cluster.settle();
    await runPods(cluster, property.podsEnd ?? false);
    await cluster.pass(ROUND_SECONDS);
    if (cluster.log.length === before) return;
  }
  const last = cluster.log.slice(-10).map(({ resource, fact, name }) => `${resource} ${name} ${fact}`);
  throw new Error(`does not come to rest: ${last.join(', ')}`);
}

async function staysAtRest<Wish>(cluster: TestCluster, property: Histories<Wish>): Promise<void> {
  const before = cluster.log.length;
  await restart(cluster, property);
  await cluster.pass(ROUND_SECONDS);
  const written = cluster.log.slice(before).map(({ resource, fact, name }) => `${resource} ${name} ${fact}`);
  if (written.length > 0) throw new Error(`a settled cluster is written to: ${written.join(', ')}`);
}

/** The log alone says how each decision came to be. */
async function canBeDecidedAgain<Wish>(cluster: TestCluster, property: Histories<Wish>): Promise<void> {
  const { different } = await decideAgain(
    () => cluster.log,
    () => property.controllers(),
  );
  if (different.length > 0) throw new Error(`decided again, it is another decision: ${different.join('; ')}`);
}
