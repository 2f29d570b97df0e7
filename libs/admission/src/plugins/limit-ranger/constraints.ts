import type { LimitRangeItem } from '@shiplog/contracts';
import { compareQuantities, milliOf, ownField } from '@shiplog/apimachinery';

type Amounts = Readonly<Record<string, string>>;

/** Amounts that limits are held against. */
export interface Asked {
  readonly requests?: Amounts | undefined;
  readonly limits?: Amounts | undefined;
}

/** The problems of what asks for amounts under an item of a LimitRange, in the order of the resources' names. */
export function constraintProblems(item: LimitRangeItem, asked: Asked): string[] {
  return [
    ...each(item.min, (name, least) => belowMin(item.type, name, least, asked)),
    ...each(item.max, (name, most) => aboveMax(item.type, name, most, asked)),
    ...each(item.maxLimitRequestRatio, (name, ratio) => beyondRatio(item.type, name, ratio, asked)),
  ];
}

/** Runs a rule for each resource that has an amount; what it finds, without the gaps. */
export function each(
  amounts: Amounts | undefined,
  rule: (name: string, amount: string) => string | undefined,
): string[] {
  if (amounts === undefined) return [];
  const names = Object.keys(amounts).sort();
  return names.map((name) => rule(name, amounts[name] ?? '0')).filter((problem) => problem !== undefined);
}

export function amountOf(amounts: Amounts | undefined, name: string): string | undefined {
  return amounts === undefined ? undefined : ownField(amounts, name);
}

export function belowMin(type: string, name: string, least: string, asked: Asked): string | undefined {
  const [request, limit] = [amountOf(asked.requests, name), amountOf(asked.limits, name)];
  const rule = `minimum ${name} usage per ${type} is ${least}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  if (compareQuantities(request, least) < 0) return `${rule}, but request is ${request}`;
  if (limit === undefined || compareQuantities(limit, least) >= 0) return undefined;
  return `${rule}, but limit is ${limit}`;
}

function aboveMax(type: string, name: string, most: string, asked: Asked): string | undefined {
  const [request, limit] = [amountOf(asked.requests, name), amountOf(asked.limits, name)];
  const rule = `maximum ${name} usage per ${type} is ${most}`;
  if (limit === undefined) return `${rule}.  No limit is specified`;
  if (compareQuantities(limit, most) > 0) return `${rule}, but limit is ${limit}`;
  if (request === undefined || compareQuantities(request, most) <= 0) return undefined;
  return `${rule}, but request is ${request}`;
}

function beyondRatio(type: string, name: string, most: string, asked: Asked): string | undefined {
  const [request, limit] = [amountOf(asked.requests, name), amountOf(asked.limits, name)];
  const rule = `${name} max limit to request ratio per ${type} is ${most}`;
  if (request === undefined || milliOf(request) === 0n) return `${rule}, but no request is specified or request is 0`;
  if (limit === undefined || milliOf(limit) === 0n) return `${rule}, but no limit is specified or limit is 0`;
  const ratio = Number(milliOf(limit)) / Number(milliOf(request));
  return ratio * 1000 > Number(milliOf(most)) ? `${rule}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}
