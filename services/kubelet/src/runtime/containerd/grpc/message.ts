import { Field, MapField, Root, Type } from 'protobufjs/light';

/** What the scalars of protobuf are here. Numbers of 64 bits are numbers: times in nanoseconds are right to a microsecond. */
interface Scalars {
  string: string;
  bool: boolean;
  bytes: Uint8Array;
  int32: number;
  uint32: number;
  int64: number;
  uint64: number;
}

/** A field of a message: by which number it goes over the wire, and what is in it. `In` is what is sent, `Out` what was read. */
export interface WireField<In, Out> {
  readonly number: number;
  readonly type: string;
  readonly kind: 'single' | 'list' | 'map';
  /** For the compiler alone. */
  readonly types?: (value: In) => Out;
}

export type Fields = Readonly<Record<string, WireField<never, unknown>>>;
type Single<T> = WireField<T, T>;

/** All fields may be left out; what is left out is the zero of its kind, as in proto3. */
export type Sent<F> = { readonly [K in keyof F]?: F[K] extends WireField<infer In, unknown> ? In : never };
/** Every field is there; a message that was not sent is null. */
export type Read<F> = { readonly [K in keyof F]: F[K] extends WireField<never, infer Out> ? Out : never };

const scalar =
  <K extends keyof Scalars>(type: K) =>
  (number: number): Single<Scalars[K]> => ({ number, type, kind: 'single' });

export const string = scalar('string');
export const bool = scalar('bool');
export const bytes = scalar('bytes');
export const int32 = scalar('int32');
export const uint32 = scalar('uint32');
export const int64 = scalar('int64');
export const uint64 = scalar('uint64');

/** An enumeration goes over the wire as its number. */
export const enumeration = int32;

export function nested<F extends Fields>(number: number, { name }: Message<F>): WireField<Sent<F>, Read<F> | null> {
  return { number, type: name, kind: 'single' };
}

export function list<In, Out>(of: WireField<In, Out>): WireField<readonly In[], readonly NonNullable<Out>[]> {
  return { number: of.number, type: of.type, kind: 'list' };
}

/** A map from texts to texts. */
export function stringMap(number: number): Single<Readonly<Record<string, string>>> {
  return { number, type: 'string', kind: 'map' };
}

const ALL = new Root();
const AS_READ = { defaults: true, longs: Number };

/** A message of protobuf, declared once: its types and how it is written follow from its fields. */
export class Message<F extends Fields> {
  readonly #type: Type;

  /** @param name unique among all messages of this process */
  constructor(
    readonly name: string,
    fields: F,
  ) {
    this.#type = new Type(name);
    for (const [key, { number, type, kind }] of Object.entries(fields)) {
      if (kind === 'map') this.#type.add(new MapField(key, number, 'string', type));
      else this.#type.add(new Field(key, number, type, kind === 'list' ? 'repeated' : undefined));
    }
    ALL.add(this.#type);
  }

  write(value: Sent<F>): Buffer {
    return Buffer.from(this.#type.encode(this.#type.fromObject(value)).finish());
  }

  /** Throws an Error for bytes that are no such message; fields that it does not know are passed over. */
  read(from: Uint8Array): Read<F> {
    return this.#type.toObject(this.#type.decode(from), AS_READ) as Read<F>;
  }
}
