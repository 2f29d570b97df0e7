import type { KubeStatus } from '@shiplog/contracts';

/** What is refused because its namespace is going needs no second attempt. */
export function isMoot({ details }: KubeStatus): boolean {
  return details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') === true;
}

/** The state that was decided on is no longer the journal's: gone, made or changed by another meanwhile. */
export function isRace({ code }: KubeStatus): boolean {
  return code === 404 || code === 409;
}
