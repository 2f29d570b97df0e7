import { dnsLabel, dnsSubdomain, type Problems } from '@shiplog/apimachinery';

const DOMAIN_BYTES = 253;
/** A domain, and `<namespace>.<name>` of a resource behind it. */
const SIGNER_BYTES = DOMAIN_BYTES + 1 + 253 + 63 + 1;

/** Kubernetes' ValidateCertificateSigningRequestSignerName: `domain/path`. */
export function signerName(name: string, at: string, problems: Problems): void {
  if (name === '') return problems.required(at, 'signerName must be provided');
  const [domain = '', path = '', ...rest] = name.split('/', 3);
  if (rest.length > 0 || !name.includes('/')) {
    const rule = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    return problems.invalid(at, name, rule);
  }
  if (domain.length > DOMAIN_BYTES) problems.tooLong(at, DOMAIN_BYTES);
  const labels = domain.split('.');
  breachesOfFirst(labels, dnsLabel, domain, at, problems);
  if (labels.length < 2) {
    problems.invalid(at, domain, 'should be a domain with at least two segments separated by dots');
  }
  breachesOfFirst(path.split('.'), dnsSubdomain, path, at, problems);
  if (name.length > SIGNER_BYTES) problems.tooLong(at, SIGNER_BYTES);
}

/** What is wrong with the first label that breaks a rule: the others would only say the same again. */
function breachesOfFirst(
  labels: readonly string[],
  rule: typeof dnsLabel,
  part: string,
  at: string,
  problems: Problems,
): void {
  const label = labels.find((text) => rule(text).length > 0);
  if (label === undefined) return;
  for (const wrong of rule(label)) {
    problems.invalid(at, part, `validating label ${JSON.stringify(label)}: ${wrong}`);
  }
}
