/** What Go's net/url leaves in a path as it is; `%` stands only before two hex digits. */
const PLAIN = /^(?:[A-Za-z0-9\-._~$&+,/:;=@!'()*[\]]|%[0-9A-Fa-f]{2})*$/;
const PLAIN_CHARACTER = /^[A-Za-z0-9\-._~$&+,/:;=@]$/;
const CONTROL = /[\u0000-\u001f\u007f]/;
const ASCII_PRINTABLE = /^[!-~]$/;

/**
 * The path of an HTTP probe or hook as it stands in the request line. Kubernetes takes it for a URL (formatURL in
 * pkg/probe/http/request.go): a query is kept, a fragment is not sent, the path begins with a slash and is escaped. What is
 * no URL is escaped as a whole; nothing is refused.
 */
export function renderRequestPath(path: string): string {
  const [beforeFragment = ''] = path.split('#', 1);
  const mark = beforeFragment.indexOf('?');
  const plain = mark < 0 ? beforeFragment : beforeFragment.slice(0, mark);
  const bytes = unescaped(plain);
  if (bytes === undefined || CONTROL.test(path)) return rooted(escapedWhere(Buffer.from(path), PLAIN_CHARACTER));
  const query = mark < 0 ? '' : escapedWhere(Buffer.from(beforeFragment.slice(mark)), ASCII_PRINTABLE);
  return rooted(PLAIN.test(plain) ? plain : escapedWhere(bytes, PLAIN_CHARACTER)) + query;
}

function rooted(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

function escapedWhere(bytes: Buffer, plain: RegExp): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    text += plain.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

/** Undefined when a percent sign escapes nothing. */
function unescaped(path: string): Buffer | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return undefined;
  const parts = path.split(/(%[0-9A-Fa-f]{2})/);
  return Buffer.concat(
    parts.map((part, i) => (i % 2 === 1 ? Buffer.from([parseInt(part.slice(1), 16)]) : Buffer.from(part))),
  );
}
