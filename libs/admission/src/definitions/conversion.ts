import { dnsLabel, dns1035Label, type Problems } from '@shiplog/apimachinery';
import type { Spec } from './types';

type Conversion = NonNullable<Spec['conversion']>;
type ClientConfig = NonNullable<NonNullable<Conversion['webhook']>['clientConfig']>;

const STRATEGIES = ['None', 'Webhook'];
/** Of ConversionReview, what this server speaks. */
const REVIEW_VERSIONS = ['v1', 'v1beta1'];

/** How objects get from one version to another; field paths are those of the type inside of Kubernetes. */
export function validateConversion({ strategy, webhook }: Conversion, at: string, problems: Problems): void {
  if (strategy === '') problems.required(`${at}.strategy`);
  else problems.unlessOneOf(`${at}.strategy`, strategy, STRATEGIES);
  const { clientConfig, conversionReviewVersions = [] } = webhook ?? {};
  if (strategy === 'Webhook') {
    if (clientConfig === undefined) {
      problems.required(`${at}.webhookClientConfig`, 'required when strategy is set to Webhook');
    } else validateClientConfig(clientConfig, `${at}.webhookClientConfig`, problems);
    validateReviewVersions(conversionReviewVersions, `${at}.conversionReviewVersions`, problems);
    return;
  }
  const detail = 'should not be set when strategy is not set to Webhook';
  if (clientConfig !== undefined) problems.forbidden(`${at}.webhookClientConfig`, detail);
  if (conversionReviewVersions.length > 0) problems.forbidden(`${at}.conversionReviewVersions`, detail);
}

function validateReviewVersions(versions: readonly string[], at: string, problems: Problems): void {
  if (versions.length === 0) return problems.required(at);
  const seen = new Set<string>();
  versions.forEach((version, i) => {
    if (seen.has(version)) return problems.invalid(`${at}[${i}]`, version, 'duplicate version');
    seen.add(version);
    problems.breaches(`${at}[${i}]`, version, dns1035Label);
  });
  if (!REVIEW_VERSIONS.some((version) => seen.has(version))) {
    problems.invalid(at, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`);
  }
}

function validateClientConfig({ url, service }: ClientConfig, at: string, problems: Problems): void {
  if ((url === undefined) === (service === undefined)) {
    problems.required(at, 'exactly one of url or service is required');
  } else if (url !== undefined) validateUrl(url, `${at}.url`, problems);
  else if (service !== undefined) validateService(service, `${at}.service`, problems);
}

const URL_FORM = '; desired format: https://host[/path]';

function validateUrl(text: string, at: string, problems: Problems): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined)
    return problems.required(at, `url must be a valid URL: parse "${text}": invalid URI${URL_FORM}`);
  if (url.protocol !== 'https:') {
    problems.invalid(at, url.protocol.slice(0, -1), `'https' is the only allowed URL scheme${URL_FORM}`);
  }
  if (url.host === '') problems.invalid(at, url.host, `host must be specified${URL_FORM}`);
  if (url.username !== '' || url.password !== '') {
    problems.invalid(at, url.username, `user information is not permitted in the URL${URL_FORM}`);
  }
  if (text.includes('#')) problems.invalid(at, url.hash.slice(1), `fragments are not permitted in the URL${URL_FORM}`);
  if (text.includes('?')) {
    problems.invalid(at, url.search.slice(1), `query parameters are not permitted in the URL${URL_FORM}`);
  }
}

function validateService(
  { name, namespace, path, port = 443 }: NonNullable<ClientConfig['service']>,
  at: string,
  problems: Problems,
): void {
  if (name === '') problems.required(`${at}.name`, 'service name is required');
  if (namespace === '') problems.required(`${at}.namespace`, 'service namespace is required');
  if (port < 1 || port > 65535) {
    problems.invalid(`${at}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive');
  }
  if (path === undefined) return;
  const where = `${at}.path`;
  if (!path.startsWith('/')) problems.invalid(where, path, "must start with a '/'");
  const steps = path.slice(1).split('/');
  steps.forEach((step, i) => {
    if (i === steps.length - 1 && step === '') return;
    if (step === '') return problems.invalid(where, path, `segment[${i}] may not be empty`);
    const wrong = dnsLabel(step);
    if (wrong.length > 0) problems.invalid(where, path, `segment[${i}]: ${wrong.join(', ')}`);
  });
}
