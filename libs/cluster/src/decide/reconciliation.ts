import type { AnyCommand } from '@shiplog/contracts';
import type { Decided } from './decision';

/** What a controller's command came to; its first event says how the controller came to it. */
export function withReconciliation({ reconciled }: Pick<AnyCommand, 'reconciled'>, decided: Decided): Decided {
  if (reconciled === undefined || !decided.ok) return decided;
  const events = decided.events.map((event, i) => (i > 0 ? event : { ...event, data: { ...event.data, reconciled } }));
  return { ...decided, events };
}
