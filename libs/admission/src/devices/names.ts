import { dnsLabel, dnsSubdomain, type Problems, type TextRule } from '@shiplog/apimachinery';
import { validateDriverName } from '../volumes/persistent';

const POOL_BYTES = 253;
const ID_BYTES = 32;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const IDENTIFIER_TEXT =
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')";

/** A pool of devices: subdomains with slashes between. */
export function validatePool(name: string, at: string, problems: Problems): void {
  if (name === '') return problems.required(at);
  if (name.length > POOL_BYTES) problems.tooLong(at, POOL_BYTES);
  for (const part of name.split('/')) problems.breaches(at, part, dnsSubdomain);
}

/** A name that must be there, and keep to a rule. */
export function validateNamed(name: string, rule: TextRule, at: string, problems: Problems): void {
  if (name === '') problems.required(at);
  else problems.breaches(at, name, rule);
}

/** An attribute or a capacity: an identifier, or one of a domain. */
export function validateQualified(name: string, at: string, problems: Problems): void {
  const parts = name.split('/', 3);
  if (parts.length > 2) return problems.invalid(at, name, 'must not contain more than one slash');
  if (parts.length === 2) {
    const [domain = ''] = parts;
    if (domain === '') problems.invalid(at, '', 'the domain must not be empty');
    else validateDriverName(domain, at, problems);
    if (parts[1] === '') return problems.invalid(at, '', 'the name must not be empty');
  }
  validateIdentifier(parts.at(-1) ?? '', at, problems);
}

/** The same, of a domain always. */
export function validateFullyQualified(name: string, at: string, problems: Problems): void {
  validateQualified(name, at, problems);
  if (!name.includes('/')) {
    problems.invalid(at, name, 'a fully qualified name must be a domain and a name separated by a slash');
  }
}

function validateIdentifier(name: string, at: string, problems: Problems): void {
  if (name.length > ID_BYTES) problems.tooLong(at, ID_BYTES);
  if (!IDENTIFIER.test(name)) problems.invalid(at, name, IDENTIFIER_TEXT);
}

/** Requests of a claim, by their names; each with the names of its alternatives. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>;

const REFERENCE =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/** A request of a claim, or one of its alternatives (`request/alternative`). */
export function validateReference(name: string, names: RequestNames, at: string, problems: Problems): void {
  const parts = name.split('/', 3);
  if (parts.length > 2) return problems.invalid(at, name, REFERENCE);
  for (const part of parts) validateNamed(part, dnsLabel, at, problems);
  const [request = '', alternative] = parts;
  const alternatives = names.get(request);
  const exists = alternatives !== undefined && (alternative === undefined || alternatives.has(alternative));
  if (!exists) problems.invalid(at, name, REFERENCE);
}
