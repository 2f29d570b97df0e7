import { sameJson } from '@shiplog/apimachinery';
import type { Controller } from '../../runtime/domain/controller';
import { concernsBalancers, decideLoadBalancers, seenOfBalancer, type AddressRange } from './decide';

/** One key for all: two Services can't be given the same address by attempts that don't see each other. */
const ALL_BALANCERS = 'load-balancers';

/** Gives Services of type LoadBalancer their addresses. */
export function loadBalancerController(ranges: readonly AddressRange[]): Controller {
  return {
    name: 'load-balancers',
    watches: {
      services: ({ before, after }) => {
        const both = [before, after].filter((service) => service !== undefined);
        if (!both.some(concernsBalancers)) return [];
        const isSame =
          before !== undefined && after !== undefined && sameJson(seenOfBalancer(before), seenOfBalancer(after));
        return isSame ? [] : [ALL_BALANCERS];
      },
    },
    allKeys: () => [ALL_BALANCERS],
    reconcile: (_key, { state }) => decideLoadBalancers({ services: state.list('services'), ranges }),
  };
}
