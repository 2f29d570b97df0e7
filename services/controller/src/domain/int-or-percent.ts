const PERCENT = /^([0-9]+)%$/;

/**
 * A number, or the part that a percentage is of a total, rounded to a whole one (GetScaledValueFromIntOrPercent); undefined for
 * a text that is no percentage.
 */
export function scaledValue(value: number | string, total: number, round: 'up' | 'down'): number | undefined {
  if (typeof value === 'number') return value;
  const percent = PERCENT.exec(value)?.[1];
  if (percent === undefined) return undefined;
  const part = (Number(percent) * total) / 100;
  return round === 'up' ? Math.ceil(part) : Math.floor(part);
}
