import type { AdmissionWebhookClientConfig, WebhookServiceReference } from '@shiplog/contracts';
import { dnsSubdomain, portNumber, type Problems } from '@shiplog/apimachinery';

const FORM = '; desired format: https://host[/path]';
const HTTPS = 443;
/** The parts of a URL, as Go's url.Parse tells them apart: scheme, authority, path, query, fragment. */
const PARTS = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

/** SetDefaults_ServiceReference. */
export function defaultWebhookClient({ service }: AdmissionWebhookClientConfig): void {
  if (service !== undefined) service.port ??= HTTPS;
}

/** Kubernetes' rules for where a webhook is: at a URL, or a Service. */
export function validateWebhookClient(client: AdmissionWebhookClientConfig, at: string, problems: Problems): void {
  const { url, service } = client;
  if ((url === undefined) === (service === undefined)) {
    problems.required(at, 'exactly one of url or service is required');
  } else if (url !== undefined) validateUrl(url, `${at}.url`, problems);
  else if (service !== undefined) validateService(service, `${at}.service`, problems);
}

function validateUrl(url: string, at: string, problems: Problems): void {
  const bad = unreadable(url);
  if (bad !== undefined) {
    problems.required(at, `url must be a valid URL: parse ${JSON.stringify(url)}: ${bad}${FORM}`);
    return;
  }
  const [, scheme = '', authority = '', , query = '', fragment = ''] = PARTS.exec(url) ?? [];
  const user = authority.includes('@') ? authority.slice(0, authority.lastIndexOf('@')) : undefined;
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (scheme.toLowerCase() !== 'https') {
    problems.invalid(at, scheme.toLowerCase(), `'https' is the only allowed URL scheme${FORM}`);
  }
  if (host === '') problems.invalid(at, host, `host must be specified${FORM}`);
  if (user !== undefined) problems.invalid(at, user, 'user information is not permitted in the URL');
  if (fragment !== '') problems.invalid(at, fragment, 'fragments are not permitted in the URL');
  if (query !== '') problems.invalid(at, query, 'query parameters are not permitted in the URL');
}

/** What Go says of a URL that it can't read. */
function unreadable(url: string): string | undefined {
  if (/[\x00-\x1f\x7f]/.test(url)) return 'net/url: invalid control character in URL';
  const escape = /%(?![0-9A-Fa-f]{2}).{0,2}/s.exec(url)?.[0];
  if (escape !== undefined) return `invalid URL escape ${JSON.stringify(escape)}`;
  const port = /:([^:\]@]*)$/.exec(PARTS.exec(url)?.[2] ?? '')?.[1];
  return port !== undefined && !/^\d*$/.test(port)
    ? `invalid port ${JSON.stringify(`:${port}`)} after host`
    : undefined;
}

function validateService(service: WebhookServiceReference, at: string, problems: Problems): void {
  const { name, namespace, path = '', port = HTTPS } = service;
  // Kubernetes takes the one for the other here.
  if (namespace === '') problems.required(`${at}.name`);
  if (name === '') problems.required(`${at}.namespace`);
  const wrong = portNumber(port).join(', ');
  if (wrong !== '') problems.invalid(`${at}.port`, port, `port is not valid: ${wrong}`);
  validatePath(path, `${at}.path`, problems);
}

function validatePath(path: string, at: string, problems: Problems): void {
  if (path === '' || path === '/') return;
  if (path === '//') return problems.invalid(at, path, 'segment[0] may not be empty');
  if (!path.startsWith('/')) problems.invalid(at, path, "must start with a '/'");
  const segments = path.slice(1, path.endsWith('/') ? -1 : undefined).split('/');
  segments.forEach((segment, i) => {
    if (segment === '') problems.invalid(at, path, `segment[${i}] may not be empty`);
    else for (const wrong of dnsSubdomain(segment)) problems.invalid(at, path, `segment[${i}]: ${wrong}`);
  });
}
