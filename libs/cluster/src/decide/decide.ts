import type { AnyCommand } from '@shiplog/contracts';
import type { ReadonlyCluster } from '../state';
import { withAdmission } from './admission';
import { contextOf, type CommandMetadata, type Decided, type DecisionContext } from './decision';
import { decideDelete, decideDeleteCollection } from './deletion';
import { decideEvict } from './eviction';
import { decideCreate, decidePatch, decideReplace } from './objects';
import { decideBindPods, decideMarkUnschedulable, decideReportPods } from './pods';
import { decidePreemptPods } from './preemption';
import { withQuotaUsage } from './quotas';
import { withReconciliation } from './reconciliation';

/**
 * What a command comes to in a state: the events that it makes and the draft of its answer, or the rejection that
 * Kubernetes would give. Pure: the same state, command and metadata lead to the same decision, also years later.
 */
export function decide(state: ReadonlyCluster, command: AnyCommand, metadata: CommandMetadata): Decided {
  const context = contextOf(state, command, metadata);
  const decided = withAdmission(context, withQuotaUsage(context, decideCommand(context, command)));
  return withReconciliation(command, decided);
}

function decideCommand(context: DecisionContext, command: AnyCommand): Decided {
  switch (command.type) {
    case 'CreateObject':
      return decideCreate(context, command.data);
    case 'ReplaceObject':
      return decideReplace(context, command.data);
    case 'PatchObject':
      return decidePatch(context, command.data);
    case 'DeleteObject':
      return decideDelete(context, command.data);
    case 'DeleteCollection':
      return decideDeleteCollection(context, command.data);
    case 'EvictPod':
      return decideEvict(context, command.data);
    case 'BindPods':
      return decideBindPods(context, command.data);
    case 'PreemptPods':
      return decidePreemptPods(context, command.data);
    case 'MarkPodsUnschedulable':
      return decideMarkUnschedulable(context, command.data);
    case 'ReportPods':
      return decideReportPods(context, command.data);
  }
}
