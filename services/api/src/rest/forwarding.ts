import type { OutStream } from './answer';
import type { Query } from './options';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Headers of one connection alone (RFC 9110, 7.6.1), and those that say who asks, which only the api may say. */
const NOT_FORWARDED =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|authorization|impersonate-.*|x-remote-.*|:.*)$/i;

/** The headers of a request that another server is told. */
export function forwardedHeaders(headers: Headers): Record<string, string | string[]> {
  const kept = Object.entries(headers).filter(([name, value]) => value !== undefined && !NOT_FORWARDED.test(name));
  return Object.fromEntries(kept) as Record<string, string | string[]>;
}

/** The query as it was asked. */
export function queryText(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? '']).map((text): [string, string] => [name, text]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

/** The headers of another server's answer, as they are passed on. Cookies stay apart: they can't be joined by commas. */
export function passedOn(headers: Headers): Record<string, string | string[]> {
  const own = /^(connection|keep-alive|transfer-encoding|content-length|content-type|date)$/;
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || own.test(name)
        ? []
        : [[name, Array.isArray(value) && name !== 'set-cookie' ? value.join(', ') : value]],
    ),
  );
}

/** Passes on what comes, no faster than the client takes it; who leaves ends the request to the server too. */
export async function passOn(body: AsyncIterable<Buffer>, out: OutStream, left: AbortController): Promise<void> {
  const leave = (): void => left.abort();
  if (out.signal.aborted) leave();
  out.signal.addEventListener('abort', leave, { once: true });
  try {
    for await (const chunk of body) if (!out.write(chunk)) await out.drained();
  } catch (error) {
    if (!out.signal.aborted) throw error;
  } finally {
    out.signal.removeEventListener('abort', leave);
  }
}
