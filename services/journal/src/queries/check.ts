import { StatusError } from '@shiplog/bus';
import { isObject } from '@shiplog/cluster';
import { isResourceId, type Channel, type ObjectKey } from '@shiplog/contracts';
import { statusOf } from '@shiplog/machinery';

type Json = Record<string, unknown>;

function wrong(what: string): never {
  throw new StatusError(statusOf.badRequest(`not a question for the journal: ${what}`));
}

/** The fields of a question, whatever was sent. */
export function askedFields(ask: unknown): Json {
  if (ask === undefined || ask === null) return {};
  return isObject(ask) ? ask : wrong('it is no JSON object');
}

/** A whole number from 0, where one may be given. */
export function optionalPosition(fields: Json, name: string): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : wrong(`${name} is no position`);
}

export function requiredPosition(fields: Json, name: string): number {
  return optionalPosition(fields, name) ?? wrong(`${name} is missing`);
}

export function requiredText(fields: Json, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : wrong(`${name} is no text`);
}

export function askedKey(value: unknown): ObjectKey {
  const fields = askedFields(value);
  const resource = requiredText(fields, 'resource');
  if (!isResourceId(resource)) return wrong(`nothing is called ${resource}`);
  return { resource, namespace: requiredText(fields, 'namespace'), name: requiredText(fields, 'name') };
}

export function askedChannels(value: unknown): Channel[] {
  if (!Array.isArray(value)) return wrong('channels is no list');
  return value.map((one) => {
    const fields = askedFields(one);
    const resource = requiredText(fields, 'resource');
    if (!isResourceId(resource)) return wrong(`nothing is called ${resource}`);
    return fields['node'] === undefined ? { resource } : { resource, node: requiredText(fields, 'node') };
  });
}
