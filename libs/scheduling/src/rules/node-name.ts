import type { Filter, Refusal } from '../rule';

const REFUSAL: Refusal = ["node(s) didn't match the requested node name"];

/** A pod that names its node goes there and nowhere else. */
export const nodeName: Filter = {
  kind: 'filter',
  name: 'NodeName',
  unresolvable: 'all',
  queueingHints: [],
  check({ pod }) {
    const wanted = pod.spec?.nodeName;
    if (wanted === undefined || wanted === '') return undefined;
    return (node) => (node.name === wanted ? undefined : REFUSAL);
  },
};
