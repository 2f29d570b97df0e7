import { FLANNEL_ANNOTATIONS, type AnyCommand, type KubeObject } from '@shiplog/contracts';
import { aCronTab, aDefinition, CRONTABS, DEFINITIONS } from '../../../../libs/apimachinery/src/testing/definitions';
import type { Random } from '../world/random';
import { drawBudgetCommand, eviction } from './disruptions';
import { plainPod } from './plain-pods';
import type { Users } from './users';

const ACTOR = 'admin';
const NAMESPACE = 'default';
/** Few names, so that clients meet. */
const MAPS = ['a', 'b', 'c', 'd', 'e'];
const PODS = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8'];
/** The nodes that there are. */
export const NODES = ['n1', 'n2'];
const TABS = ['t1', 't2', 't3'];
const FINALIZER = 'example.com/hold';

type Data = Pick<AnyCommand, 'type' | 'data'>;

/** What every cluster of the simulation begins with. */
export function firstObjects(nodes: readonly string[]): { resource: 'namespaces' | 'nodes'; object: KubeObject }[] {
  const amounts = { cpu: '4', memory: '8Gi', pods: '110' };
  const status = { capacity: amounts, allocatable: amounts, conditions: [{ type: 'Ready', status: 'True' }] };
  return [
    ...['default', 'kube-node-lease'].map((name) => ({
      resource: 'namespaces' as const,
      object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    })),
    ...nodes.map((name) => ({
      resource: 'nodes' as const,
      object: { apiVersion: 'v1', kind: 'Node', metadata: { name }, status },
    })),
  ];
}

export function creation(id: string, resource: 'namespaces' | 'nodes', object: KubeObject): AnyCommand {
  return { id, type: 'CreateObject', actor: ACTOR, data: { resource, namespace: '', object } };
}

/**
 * A command of a client, drawn from what users do: many of them are refused.
 *
 * @param users of what is not asked for in every run
 */
export function drawCommand(random: Random, id: string, users: readonly Users[]): AnyCommand {
  return { id, actor: ACTOR, ...drawnFrom(random.share(), users)(random) } as AnyCommand;
}

function drawnFrom(share: number, users: readonly Users[]): (random: Random) => Data {
  if (share < 0.38) return drawMapCommand;
  if (share < 0.62) return drawPodCommand;
  if (share < 0.8) return (random) => random.pick(users).draw(random);
  return share < 0.93 ? drawTabCommand : drawNodeCommand;
}

function drawMapCommand(random: Random): Data {
  const name = random.pick(MAPS);
  const key = { resource: 'configmaps', namespace: NAMESPACE, name } as const;
  const value = String(random.whole(0, 3));
  const dryRun = random.chance(0.08) ? { dryRun: true } : {};
  switch (random.whole(0, 6)) {
    case 0:
    case 1: {
      const finalizers = random.chance(0.2) ? { finalizers: [FINALIZER] } : {};
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...finalizers }, data: { value } };
      return { type: 'CreateObject', data: { resource: 'configmaps', namespace: NAMESPACE, object, ...dryRun } };
    }
    case 2:
    case 3:
      return { type: 'PatchObject', data: { ...key, patchType: 'merge', patch: { data: { value } }, ...dryRun } };
    case 4:
      return { type: 'PatchObject', data: { ...key, patchType: 'merge', patch: { metadata: { finalizers: null } } } };
    case 5: {
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value, replaced: 'yes' } };
      return { type: 'ReplaceObject', data: { ...key, object, ...dryRun } };
    }
    default:
      return { type: 'DeleteObject', data: { ...key, ...dryRun } };
  }
}

/** Of a kind that comes and goes: its definition, and objects of it. */
function drawTabCommand(random: Random): Data {
  const name = random.pick(TABS);
  const key = { resource: CRONTABS, namespace: NAMESPACE, name };
  const spec = { replicas: random.whole(0, 3), schedule: null };
  switch (random.whole(0, 7)) {
    case 0:
    case 1:
      return { type: 'CreateObject', data: { resource: DEFINITIONS, namespace: '', object: aDefinition() } };
    case 2:
      return { type: 'DeleteObject', data: { resource: DEFINITIONS, namespace: '', name: CRONTABS } };
    case 3:
    case 4:
    case 5:
      return { type: 'CreateObject', data: { resource: CRONTABS, namespace: NAMESPACE, object: aCronTab(name, spec) } };
    case 6:
      return { type: 'PatchObject', data: { ...key, patchType: 'merge', patch: { spec } } };
    default:
      return { type: 'DeleteObject', data: key };
  }
}

/** What nodes say of themselves: where they are, and what nobody needs to know to reach their pods. */
function drawNodeCommand(random: Random): Data {
  const key = { resource: 'nodes', namespace: '', name: random.pick(NODES) } as const;
  const value = String(random.whole(0, 3));
  const field = random.chance(0.4) ? FLANNEL_ANNOTATIONS.publicIp : 'example.com/mood';
  return {
    type: 'PatchObject',
    data: { ...key, patchType: 'merge', patch: { metadata: { annotations: { [field]: value } } } },
  };
}

function drawPodCommand(random: Random): Data {
  const name = random.pick(PODS);
  const key = { resource: 'pods', namespace: NAMESPACE, name } as const;
  switch (random.whole(0, 6)) {
    case 0:
    case 1:
    case 2:
      return plainPod(random, NAMESPACE, name);
    case 3:
      return {
        type: 'PatchObject',
        data: { ...key, patchType: 'merge', patch: { metadata: { labels: { mark: String(random.whole(0, 9)) } } } },
      };
    case 4:
      return { type: 'DeleteObject', data: random.chance(0.3) ? { ...key, gracePeriodSeconds: 0 } : key };
    default:
      return random.chance(0.5) ? drawBudgetCommand(random) : eviction(name);
  }
}
