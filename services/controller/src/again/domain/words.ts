import { eventType, type LogEvent } from '@shiplog/contracts';
import { kubernetesTime } from '@shiplog/kube';
import type { PlannedCommand } from '../../runtime/domain/controller';
import type { RecordedDecision } from './recorded';

/** Commands and events that are told of, of one decision; the others are counted. */
const TOLD = 3;
/** Of what one command holds. */
const CHARACTERS = 300;

/** What became of a decision then. */
export interface Effects {
  readonly told: string[];
  count: number;
}

export function noteEffect(effects: Effects, event: LogEvent): void {
  if (effects.count++ < TOLD) effects.told.push(`${eventType(event)} ${placeOf(event)} at ${event.position}`);
}

/** In one sentence: who decided what, when, and what it comes to now. */
export function differenceOf(decision: RecordedDecision, then: Effects, now: string): string {
  const { by, key, basis } = decision;
  const when = `at position ${basis}, ${kubernetesTime(decision.now)}`;
  return `${by} on ${key} (${when}): the log has ${listOf(then.told, then.count)}; made again, it ${now}`;
}

/** What a plan would do. */
export function planText(commands: readonly PlannedCommand[]): string {
  if (commands.length === 0) return 'does nothing';
  return `does ${listOf(commands.slice(0, TOLD).map(commandText), commands.length)}`;
}

function commandText({ type, id, data }: PlannedCommand): string {
  const text = JSON.stringify({ ...(id === undefined ? {} : { id }), ...data });
  return `${type} ${text.length > CHARACTERS ? `${text.slice(0, CHARACTERS)}…` : text}`;
}

function listOf(told: readonly string[], count: number): string {
  const others = count - told.length;
  return told.join(', ') + (others > 0 ? ` and ${others} more` : '');
}

function placeOf({ namespace, name }: LogEvent): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}
