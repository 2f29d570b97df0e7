import 'reflect-metadata';

/** A fault that is put back, from outside the code: what the simulation must find. */
export interface Mutation {
  readonly fault: string;
  /** What it breaks: any of these. */
  readonly found: readonly string[];
  /** Resources that the users of each run ask for, where it shows in these alone; otherwise each run draws some. */
  readonly users?: readonly string[];
  /** Puts it in; returns what takes it out. */
  readonly install: () => () => void;
}

/** A method, whatever it takes. */
export type Method = (this: never, ...given: never[]) => unknown;

/** Has a method of a class be another one, made from the one that it has, itself or from a class that it extends. */
export function replace<T extends object>(
  prototype: T,
  name: keyof T & string,
  other: (was: Method) => Method,
): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, name);
  const descriptor = own ?? inherited(prototype, name);
  if (descriptor === undefined) throw new Error(`there is no ${name} to put a fault into`);
  const was = (descriptor.value ?? descriptor.get) as Method;
  const put = other(was);
  // Nest finds a handler by what is written on its function.
  for (const key of Reflect.getMetadataKeys(was) as unknown[])
    Reflect.defineMetadata(key, Reflect.getMetadata(key, was), put);
  Object.defineProperty(
    prototype,
    name,
    descriptor.get === undefined ? { ...descriptor, value: put } : { ...descriptor, get: put },
  );
  return () =>
    void (own === undefined ? Reflect.deleteProperty(prototype, name) : Object.defineProperty(prototype, name, own));
}

function inherited(of: object, name: string): PropertyDescriptor | undefined {
  const parent = Object.getPrototypeOf(of) as object | null;
  return parent === null ? undefined : (Object.getOwnPropertyDescriptor(parent, name) ?? inherited(parent, name));
}

/** Takes out one after the other, the last first. */
export const inReverse = (undo: (() => void)[]) => () => undo.reverse().forEach((item) => item());

/** Calls a method as it was. */
export const call = (was: Method, self: unknown, given: readonly unknown[]): unknown => Reflect.apply(was, self, given);
