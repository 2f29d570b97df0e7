import { REFERENCES } from '../references';
import { figureOf, timesOf, type Bench } from './bench';
import { makeNamespace } from './objects';

const NAMESPACE = 'bench-applies';
const CLIENTS = 32;

/** Server-side apply of deployments: what operators and GitOps do all day. */
export const applies: Bench = {
  name: 'applies',
  async run({ plane, bus, effort }) {
    await makeNamespace(bus, NAMESPACE);
    const job = { kind: 'apply', endpoint: plane.endpoint, namespace: NAMESPACE, clients: CLIENTS } as const;
    // Measured is a server that has run for a while.
    await plane.loader.run({ ...job, seconds: 3 * effort.share, prefix: 'warm' });
    const measured = { ...job, seconds: 6 * effort.share, prefix: 'many' };
    const { outcome, cpu } = await plane.metered(() => plane.loader.run(measured), timesOf);
    const description = `server-side apply of a deployment, ${CLIENTS} clients`;
    return [{ id: 'applies-32', description, ...figureOf(outcome), cpu, ...REFERENCES.applies }];
  },
};
