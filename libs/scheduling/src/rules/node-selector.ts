import type { NodeSelectorRequirement, NodeSelectorTerm } from '@shiplog/contracts';
import type { NodeFacts } from '../facts/node-facts';

/** Whether a node meets all requirements of a term. A term without any matches no node, as in Kubernetes. */
export function matchesTerm(term: NodeSelectorTerm, node: Pick<NodeFacts, 'name' | 'labels'>): boolean {
  const labels = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (labels.length === 0 && fields.length === 0) return false;
  return (
    labels.every((requirement) => meets(requirement, valueIn(node.labels, requirement.key))) &&
    fields.every((requirement) => meets(requirement, fieldOf(node, requirement.key)))
  );
}

/** `metadata.name` is the one field of a node that Kubernetes lets terms ask for. */
function fieldOf(node: Pick<NodeFacts, 'name'>, field: string): string | undefined {
  return field === 'metadata.name' ? node.name : undefined;
}

function valueIn(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function meets({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt':
      return compares(operator, value, values[0]);
    default:
      return false;
  }
}

/** Both sides must be whole numbers; what isn't one matches nothing. */
function compares(operator: 'Gt' | 'Lt', value: string | undefined, limit: string | undefined): boolean {
  if (value === undefined || limit === undefined || !WHOLE.test(value) || !WHOLE.test(limit)) return false;
  return operator === 'Gt' ? BigInt(value) > BigInt(limit) : BigInt(value) < BigInt(limit);
}

const WHOLE = /^-?[0-9]+$/;
