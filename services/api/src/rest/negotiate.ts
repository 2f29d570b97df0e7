import { statusOf } from '@shiplog/apimachinery';
import { throwStatus } from './errors';

/** How the client wants objects shown. */
export type View = 'object' | 'table' | 'metadata' | 'metadataList';

/** One media range of an Accept header. */
export interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

const cache = new Map<string, readonly MediaRange[]>();
const CACHE_SIZE = 256;
/** In characters; what clients send by themselves is far shorter. */
const LONGEST_CACHED = 1_024;

/** Reads an Accept header, most wanted first. Clients send few different ones, so answers are remembered. */
export function parseAccept(header: string | undefined): readonly MediaRange[] {
  const text = header === undefined || header.trim() === '' ? '*/*' : header;
  const known = cache.get(text);
  if (known !== undefined) return known;
  const ranges = text
    .split(',')
    .map(parseRange)
    .filter((range) => range.quality > 0)
    .map((range, index) => ({ range, index }))
    .sort((a, b) => b.range.quality - a.range.quality || a.index - b.index)
    .map(({ range }) => range);
  if (text.length > LONGEST_CACHED) return ranges;
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(text, ranges);
  return ranges;
}

function parseRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  const pairs = new Map(
    parameters.map((parameter) => {
      const [key = '', ...value] = parameter.split('=');
      return [key.trim().toLowerCase(), value.join('=').trim().replace(/^"|"$/g, '')];
    }),
  );
  const quality = Number(pairs.get('q') ?? '1');
  return { type: type.toLowerCase(), parameters: pairs, quality: Number.isFinite(quality) ? quality : 0 };
}

const ACCEPTED = ['application/json', 'application/yaml'];
const VIEWS: ReadonlyMap<string, View> = new Map([
  ['Table', 'table'],
  ['PartialObjectMetadata', 'metadata'],
  ['PartialObjectMetadataList', 'metadataList'],
]);

/** What an Accept header comes to. */
export interface Negotiated {
  readonly view: View;
  readonly yaml: boolean;
}

/** The first view that can be served. 406 when none can: protobuf alone, say. */
export function negotiate(header: string | undefined): Negotiated {
  for (const range of parseAccept(header)) {
    const yaml = range.type === 'application/yaml';
    if (!yaml && !isJson(range.type)) continue;
    const as = range.parameters.get('as');
    if (as === undefined) return { view: 'object', yaml };
    const view = VIEWS.get(as);
    const ours =
      range.parameters.get('g') === 'meta.k8s.io' && ['v1', 'v1beta1'].includes(range.parameters.get('v') ?? '');
    if (view !== undefined && ours) return { view, yaml };
  }
  return throwStatus(statusOf.notAcceptable(ACCEPTED));
}

/** As `negotiate`, of a watch, which is no YAML. */
export function negotiateStream(header: string | undefined): View {
  const json = parseAccept(header).find((range) => isJson(range.type));
  if (json === undefined) throwStatus(statusOf.notAcceptable([STREAMED]));
  const { view, yaml } = negotiate(header);
  return yaml ? 'object' : view;
}

const STREAMED = 'application/json;stream=watch';

function isJson(type: string): boolean {
  return type === 'application/json' || type === '*/*' || type === 'application/*';
}
