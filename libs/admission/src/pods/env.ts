import type { Container, EnvFromSource, EnvVar } from '@shiplog/contracts';
import { configKey, dnsSubdomain, envVarName, type Problems } from '@shiplog/apimachinery';
import { validateFieldRef, validateResourceFieldRef } from './field-refs';

const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

/** Kubernetes' rules for a container's environment: each variable, and the maps that variables are made of. */
export function validateEnv({ env, envFrom }: Container, at: string, problems: Problems): void {
  env?.forEach((variable, i) => {
    const here = `${at}.env[${i}]`;
    if (variable.name === '') problems.required(`${here}.name`);
    else problems.breaches(`${here}.name`, variable.name, envVarName);
    if (variable.valueFrom !== undefined) validateValueFrom(variable, `${here}.valueFrom`, problems);
  });
  envFrom?.forEach((source, i) => validateEnvFrom(source, `${at}.envFrom`, i, problems));
}

/** What is wrong with the choice of the source is said of the whole list, as Kubernetes says it. */
function validateEnvFrom(source: EnvFromSource, at: string, index: number, problems: Problems): void {
  const here = `${at}[${index}]`;
  const { prefix, configMapRef, secretRef } = source;
  if (prefix !== undefined) problems.breaches(`${here}.prefix`, prefix, envVarName);
  for (const [field, ref] of Object.entries({ configMapRef, secretRef })) {
    if (ref === undefined) continue;
    if (ref.name === undefined) problems.required(`${here}.${field}.name`);
    else problems.breaches(`${here}.${field}.name`, ref.name, dnsSubdomain);
  }
  if (configMapRef === undefined && secretRef === undefined) {
    problems.invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`');
  }
  if (configMapRef !== undefined && secretRef !== undefined) {
    problems.invalid(at, '', 'may not have more than one field specified at a time');
  }
}

function validateValueFrom({ value, valueFrom = {} }: EnvVar, at: string, problems: Problems): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef !== undefined) validateFieldRef(fieldRef, ENV_FIELDS, `${at}.fieldRef`, problems);
  if (resourceFieldRef !== undefined) {
    validateResourceFieldRef(resourceFieldRef, 'environment', `${at}.resourceFieldRef`, problems);
  }
  for (const [field, ref] of Object.entries({ configMapKeyRef, secretKeyRef })) {
    if (ref === undefined) continue;
    problems.breaches(`${at}.${field}.name`, ref.name ?? '', dnsSubdomain);
    if (ref.key === '') problems.required(`${at}.${field}.key`);
    else problems.breaches(`${at}.${field}.key`, ref.key, configKey);
  }
  const given = Object.keys(valueFrom).length;
  if (given === 0) {
    const sources = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
    problems.invalid(at, '', `must specify one of: ${sources}`);
  } else if (value !== undefined) problems.invalid(at, '', 'may not be specified when `value` is not empty');
  else if (given > 1) problems.invalid(at, '', 'may not have more than one field specified at a time');
}
