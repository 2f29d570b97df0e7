import { newCommandId, type Bus } from '@shiplog/bus';
import type { AnyCommand, KubeObject } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { Rig } from '../../../../services/api/src/testing/rig';
import { percentile } from '../../../bench/src/figures';
import { podOf } from '../../../bench/src/load/pod';
import { samples } from '../../../clients/src/sample-kinds';
import { leastMemory } from '../least-memory';
import { largeDefinition, listPathOf } from './large-definition';

const MEGABYTE = 1_000_000;
const SETTLES_MS = 15_000;
const TIMES = 40;
/** Documents that clients begin with: kubectl asks for the first three, for the others when it explains and validates. */
const DOCUMENTS: readonly (readonly [name: string, path: string, accept: string])[] = [
  ['/api, aggregated', '/api', 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'],
  ['/apis, aggregated', '/apis', 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'],
  ['/apis', '/apis', 'application/json'],
  ['/apis/apps/v1', '/apis/apps/v1', 'application/json'],
  ['/openapi/v2', '/openapi/v2', 'application/json'],
  ['/openapi/v2, protobuf', '/openapi/v2', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'],
  ['/openapi/v3', '/openapi/v3', 'application/json'],
  ['/openapi/v3/api/v1', '/openapi/v3/api/v1', 'application/json'],
  ['/openapi/v3/apis/apps/v1', '/openapi/v3/apis/apps/v1', 'application/json'],
];

/** What an api with an object of every kind needs. */
export interface ApiFigures {
  /** Bytes of memory, of the process, with so many pods beside them. */
  readonly memory: number;
  /** Milliseconds, of requests after the first: the middle one, and the slowest. */
  readonly documents: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly p50: number;
    readonly most: number;
  }[];
  /** Milliseconds from the creation of each large definition until its list is served. */
  readonly definitions: readonly number[];
  readonly definitionBytes: number;
}

/** An api at work on its own parts: its memory, its documents, and definitions as large as charts bring. */
export async function apiFigures(pods: number, definitions: number, settlesMs = SETTLES_MS): Promise<ApiFigures> {
  const rig = await Rig.start();
  try {
    const bus = await rig.nats.bus('measure');
    await makeEveryKind(rig);
    await makePods(bus, pods);
    await eventually(async () => (await rig.http('GET', `/api/v1/pods?limit=1`)).code === 200);
    for (const [, path, accept] of DOCUMENTS) await rig.http('GET', path, undefined, { accept });
    const memory = await leastMemory(rig, settlesMs, '/api/v1/namespaces/default/pods?limit=100');
    const documents = [];
    for (const document of DOCUMENTS) documents.push(await timed(rig, document));
    const { body } = await rig.http('GET', '/openapi/v3/api/v1');
    const { components } = JSON.parse(body) as { components: { schemas: Record<string, Record<string, unknown>> } };
    const taken: number[] = [];
    let definitionBytes = 0;
    for (let number = 0; number < definitions; number++) {
      const definition = largeDefinition(components.schemas, number);
      definitionBytes = JSON.stringify(definition).length;
      taken.push(await define(rig, definition, number));
    }
    return { memory, documents, definitions: taken, definitionBytes };
  } finally {
    await rig.stop();
  }
}

/** The figures for people. */
export async function measureApi(pods: number, definitions: number): Promise<void> {
  const figures = await apiFigures(pods, definitions);
  const size = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(bytes < MEGABYTE ? 2 : 0)} MB`;
  const lines = [
    `memory of the api with an object of every kind and ${pods} pods: ${size(figures.memory)}`,
    ...figures.documents.map(
      ({ name, bytes, p50, most }) =>
        `${name} (${size(bytes)}): p50 ${p50.toFixed(1)} ms, slowest of ${TIMES} ${most.toFixed(1)} ms`,
    ),
    `${definitions} definitions of ${size(figures.definitionBytes)} each, from POST until their list is served: ` +
      `p50 ${percentile(figures.definitions, 0.5).toFixed(0)} ms, slowest ${Math.max(...figures.definitions).toFixed(0)} ms`,
  ];
  process.stdout.write(`\n${lines.map((line) => `  ${line}\n`).join('')}\n`);
}

async function makeEveryKind(rig: Rig): Promise<void> {
  for (const { manifest, path } of samples()) {
    const { code, body } = await rig.http('POST', path.slice(0, path.lastIndexOf('/')), manifest);
    if (code !== 201 && code !== 409) throw new Error(`${path} was answered ${code}: ${body}`);
  }
}

async function makePods(bus: Bus, count: number): Promise<void> {
  const make = async (number: number): Promise<void> => {
    const object = podOf(`pod-${number}`, 0) as KubeObject;
    const data = { resource: 'pods', namespace: 'default', object };
    const command = { id: newCommandId(), actor: 'admin', type: 'CreateObject', data } as AnyCommand;
    const reply = await bus.command(command, { timeoutMs: 60_000 });
    if (!reply.ok) throw new Error(`a pod was refused: ${reply.status.message}`);
  };
  await Promise.all(Array.from({ length: count }, (_, number) => make(number)));
}

async function timed(
  rig: Rig,
  [name, path, accept]: (typeof DOCUMENTS)[number],
): Promise<ApiFigures['documents'][number]> {
  const taken: number[] = [];
  let bytes = 0;
  for (let time = 0; time < TIMES; time++) {
    const started = performance.now();
    const { code, body } = await rig.http('GET', path, undefined, { accept });
    taken.push(performance.now() - started);
    bytes = body.length;
    if (code !== 200) throw new Error(`${path} was answered ${code}`);
  }
  return { name, bytes, p50: percentile(taken, 0.5), most: Math.max(...taken) };
}

async function define(rig: Rig, definition: object, number: number): Promise<number> {
  const started = performance.now();
  const { code, body } = await rig.http('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
  if (code !== 201) throw new Error(`a large definition was answered ${code}: ${body.slice(0, 1_000)}`);
  await eventually(async () => (await rig.http('GET', listPathOf(number))).code === 200, { everyMs: 5 });
  return performance.now() - started;
}
