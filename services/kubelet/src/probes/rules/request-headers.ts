import type { HTTPGetAction } from '@shiplog/contracts';

export interface RequestHeaders {
  /** Whom the request names; absent: whom it goes to. */
  readonly host: string | undefined;
  /** All others, names and values in turn, so that none replaces another; values are UTF-8, a character for each byte. */
  readonly others: readonly string[];
}

/** What Go's client writes by itself and takes from nobody. */
const NOT_SENT = new Set(['host', 'content-length', 'transfer-encoding', 'trailer']);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/**
 * The headers of an HTTP probe or hook (NewRequestForHTTPGetAction in pkg/probe/http/request.go, and what Go's net/http
 * makes of them). Throws an Error with Go's sentence for what can't be sent.
 */
export function renderHeaders({ httpHeaders = [] }: HTTPGetAction, agent: string): RequestHeaders {
  const given = httpHeaders.map(({ name, value }) => ({ name: canonical(name), value }));
  for (const { name, value } of given) {
    if (!TOKEN.test(name)) throw new Error(`net/http: invalid header field name ${JSON.stringify(name)}`);
    if (CONTROL.test(value)) throw new Error(`net/http: invalid header field value for ${JSON.stringify(name)}`);
  }
  const firstOf = (wanted: string): string | undefined => given.find(({ name }) => name === wanted)?.value;
  const host = firstOf('Host');
  const isSent = ({ name }: { name: string }): boolean => {
    if (name === 'User-Agent') return false;
    // One that is empty is how a pod's author asks for none.
    return !NOT_SENT.has(name.toLowerCase()) && (name !== 'Accept' || firstOf('Accept') !== '');
  };
  const userAgent = firstOf('User-Agent') ?? agent;
  const defaults = [
    ...(userAgent === '' ? [] : ['User-Agent', utf8(userAgent)]),
    ...(firstOf('Accept') === undefined ? ['Accept', '*/*'] : []),
  ];
  const others = given.filter(isSent).flatMap(({ name, value }) => [name, utf8(value)]);
  return { host: host === '' ? undefined : host, others: [...defaults, ...others, 'Connection', 'close'] };
}

/** As Go spells names of headers: `x-two` is `X-Two`; what is no name stays. */
function canonical(name: string): string {
  if (!TOKEN.test(name)) return name;
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function utf8(text: string): string {
  return Buffer.from(text).toString('latin1');
}
