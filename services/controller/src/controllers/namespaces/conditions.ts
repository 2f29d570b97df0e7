import type { KubeStatus, NamespaceCondition, ResourceRow, StoredObject } from '@shiplog/contracts';

type Remaining = readonly [ResourceRow, readonly StoredObject[]];

/** The two that Kubernetes has of what can't fail here: which kinds there are is in the same state as their objects. */
const KNOWN: readonly NamespaceCondition[] = [
  {
    type: 'NamespaceDeletionDiscoveryFailure',
    status: 'False',
    reason: 'ResourcesDiscovered',
    message: 'All resources successfully discovered',
  },
  {
    type: 'NamespaceDeletionGroupVersionParsingFailure',
    status: 'False',
    reason: 'ParsedGroupVersions',
    message: 'All legacy kube types successfully parsed',
  },
];

/** The conditions by which Kubernetes says why a namespace is still there: what is left in it, and why it could not be asked to go. */
export function conditionsFor(
  remaining: readonly Remaining[],
  failures: readonly KubeStatus[],
): readonly NamespaceCondition[] {
  return [...KNOWN, contentFailure(failures), contentRemaining(remaining), finalizersRemaining(remaining)];
}

function contentFailure(failures: readonly KubeStatus[]): NamespaceCondition {
  const type = 'NamespaceDeletionContentFailure';
  if (failures.length === 0) {
    const message = 'All content successfully deleted, may be waiting on finalization';
    return { type, status: 'False', reason: 'ContentDeleted', message };
  }
  const messages = failures.map(({ message, reason }) => message ?? reason ?? '');
  const problems = messages.length === 1 ? messages.join() : `[${messages.join(', ')}]`;
  const message = `Failed to delete all resource types, ${failures.length} remaining: ${problems}`;
  return { type, status: 'True', reason: 'ContentDeletionFailed', message };
}

function contentRemaining(remaining: readonly Remaining[]): NamespaceCondition {
  const resources = remaining.map(
    ([{ plural, group }, objects]) => `${plural}.${group} has ${objects.length} resource instances`,
  );
  return {
    type: 'NamespaceContentRemaining',
    status: 'True',
    reason: 'SomeResourcesRemain',
    message: `Some resources are remaining: ${resources.join(', ')}`,
  };
}

function finalizersRemaining(remaining: readonly Remaining[]): NamespaceCondition {
  const type = 'NamespaceFinalizersRemaining';
  const finalizers = new Map<string, number>();
  for (const [, objects] of remaining) {
    for (const finalizer of objects.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
      finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
    }
  }
  if (finalizers.size === 0) {
    const message = 'All content-preserving finalizers finished';
    return { type, status: 'False', reason: 'ContentHasNoFinalizers', message };
  }
  const holders = [...finalizers].sort().map(([name, count]) => `${name} in ${count} resource instances`);
  const message = `Some content in the namespace has finalizers remaining: ${holders.join(', ')}`;
  return { type, status: 'True', reason: 'SomeFinalizersRemain', message };
}
