/**
 * A span of time as kubectl writes ages: the two most telling units, fewer the longer it is (`45s`, `3m20s`, `5h`,
 * `2d4h`, `1y30d`). Takes milliseconds; a start slightly in the future, within two seconds of clock skew, is `0s`.
 */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 24 * 8) return pair(days, 'd', hours % 24, 'h');
  if (days < 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 365 * 8 ? pair(years, 'y', days % 365, 'd') : `${years}y`;
}

/** The age of a moment (RFC 3339) at `now` (milliseconds since 1970); `<unknown>` when there is none. */
export function ageOf(time: string | undefined, now: number): string {
  if (time === undefined || time === '') return '<unknown>';
  return humanDuration(now - Date.parse(time));
}

function pair(first: number, unit: string, second: number, unitOfSecond: string): string {
  return second === 0 ? `${first}${unit}` : `${first}${unit}${second}${unitOfSecond}`;
}
