/** The path and query of a request, also where its first line names the whole URL, as to a proxy (RFC 9112, 3.2.2), or only `*`. */
export function originForm(url: string | undefined): string {
  if (url === undefined || url === '*') return '/';
  if (url.startsWith('/')) return url;
  const [, rest] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(.*)$/i.exec(url) ?? [];
  if (rest === undefined) return url;
  return rest.startsWith('/') ? rest : `/${rest}`;
}
