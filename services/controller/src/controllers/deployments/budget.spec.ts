import { bare } from '../../testing/objects';
import { maxSurge, maxUnavailable, type Deployment } from './budget';

const deployment = (replicas: number, strategy?: object): Deployment =>
  bare('deployments.apps', 'web', {}, { spec: { replicas, strategy } });
const rolling = (replicas: number, most: number | string, missing: number | string) =>
  deployment(replicas, { type: 'RollingUpdate', rollingUpdate: { maxSurge: most, maxUnavailable: missing } });

it.each<[string, Deployment, number, number]>([
  ['a quarter of each, where nothing is said', deployment(10), 3, 2],
  ['more rounds up, fewer rounds down', rolling(3, '50%', '50%'), 2, 1],
  ['one may be missing where both parts come to none', rolling(3, '0%', '10%'), 0, 1],
  ['no more may be missing than there are', rolling(2, 1, 5), 1, 2],
  ['of none, none is missing', rolling(0, 0, 1), 0, 0],
  ['none beyond, none missing, where old pods end first', deployment(4, { type: 'Recreate' }), 0, 0],
])('the budget of a rollout: %s', (_, given, surge, unavailable) => {
  expect([maxSurge(given), maxUnavailable(given)]).toEqual([surge, unavailable]);
});
