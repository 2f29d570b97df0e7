/** The first and the last second that RFC 3339 has a text for, as milliseconds. */
const FIRST = Date.parse('0000-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59Z');

/**
 * A moment (RFC 3339, or milliseconds since 1970) as metav1.Time writes it: in UTC and whole seconds. What lies beyond the
 * first or last that can be written is that one.
 */
export function kubernetesTime(moment: string | number, plusSeconds = 0): string {
  const ms = typeof moment === 'number' ? moment : Date.parse(moment);
  const whole = Math.floor(ms / 1000 + plusSeconds) * 1000;
  return `${new Date(Math.min(Math.max(whole, FIRST), LAST)).toISOString().slice(0, 19)}Z`;
}

/** How long Kubernetes keeps an Event after its last write, in milliseconds (`--event-ttl` of its API server). */
export const EVENT_TTL_MS = 3_600_000;
