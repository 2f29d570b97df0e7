import type { AnyCommand } from '@shiplog/contracts';
import type { ReadonlyCluster } from '../state';
import { decideBindPods } from './bind-pods';
import { decideCreate } from './create';
import { decideDelete, decideDeleteCollection } from './delete';
import { decideMarkUnschedulable } from './mark-unschedulable';
import { decideReportPods } from './report-pods';
import type { Attempt, Decided, Stamp } from './types';
import { decidePatch, decideReplace } from './update';

/**
 * What a command comes to in a state: the events that it makes and the draft of its answer, or the refusal that
 * Kubernetes would give. Pure: the same state, command and stamp decide the same, also years later.
 */
export function decide(state: ReadonlyCluster, command: AnyCommand, stamp: Stamp): Decided {
  const attempt: Attempt = { state, stamp, actor: command.actor };
  switch (command.type) {
    case 'CreateObject':
      return decideCreate(attempt, command.data);
    case 'ReplaceObject':
      return decideReplace(attempt, command.data);
    case 'PatchObject':
      return decidePatch(attempt, command.data);
    case 'DeleteObject':
      return decideDelete(attempt, command.data);
    case 'DeleteCollection':
      return decideDeleteCollection(attempt, command.data);
    case 'BindPods':
      return decideBindPods(attempt, command.data);
    case 'MarkPodsUnschedulable':
      return decideMarkUnschedulable(attempt, command.data);
    case 'ReportPods':
      return decideReportPods(attempt, command.data);
  }
}
