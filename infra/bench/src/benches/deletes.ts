import { withBareServer } from '../parts/bare';
import { REFERENCES } from '../references';
import { figureOf, timesOf, type Bench } from './bench';
import { makeNamespace, makePods, removePods } from './objects';

const NAMESPACE = 'bench-deletes';
const CLIENTS = 32;
/** More than go in the time. */
const PODS = 14_000;

/** Pods deleted through the API. */
export const deletes: Bench = {
  name: 'deletes',
  async run({ plane, bus, effort }) {
    await makeNamespace(bus, NAMESPACE);
    const names = await makePods(bus, NAMESPACE, 'd', Math.round(PODS * effort.share));
    const paths = names.map((name) => `/api/v1/namespaces/${NAMESPACE}/pods/${name}`);
    const job = { kind: 'each', method: 'DELETE', clients: CLIENTS, paths } as const;
    const ours = { ...job, endpoint: plane.endpoint, seconds: 4 * effort.share };
    const { outcome: rate, cpu } = await plane.metered(() => plane.loader.run(ours), timesOf);
    const body = Buffer.alloc(200, ' ');
    const bare = await withBareServer(plane.cluster, { bodies: {}, other: body }, (endpoint) =>
      plane.loader.run({ ...job, endpoint, seconds: 2 * effort.share }),
    );
    await removePods(bus, NAMESPACE);
    return [
      {
        id: 'deletes-32',
        description: `pod deletes, ${CLIENTS} clients`,
        ...figureOf(rate),
        cpu,
        beside: { description: 'bare HTTPS DELETE', value: bare.perSecond, unit: '/s' },
        ...REFERENCES.deletes,
      },
    ];
  },
};
