import type { BuiltIn } from '@shiplog/contracts';
import type { Projection } from '@shiplog/projection';

/** Kubernetes' --request-timeout. */
const REQUEST_TIMEOUT_MS = 60_000;
const WEBHOOKS: readonly BuiltIn[] = [
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingwebhookconfigurations.admissionregistration.k8s.io',
];

/**
 * How long the journal may take to answer a write, in milliseconds: admission webhooks, one after the other, may take longer than it
 * ever does by itself.
 */
export function writeTimeout(projection: Projection, commandTimeout: number): number {
  const hasWebhooks = WEBHOOKS.some((resource) => projection.list(resource).length > 0);
  return hasWebhooks ? Math.max(commandTimeout, REQUEST_TIMEOUT_MS) : commandTimeout;
}
