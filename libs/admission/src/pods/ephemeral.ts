import type { Container, EphemeralContainer } from '@shiplog/contracts';
import type { Problems } from '@shiplog/apimachinery';
import { isUnset } from '../rows/checks';

const CANNOT_BE_SET = 'cannot be set for an Ephemeral Container';
/** What only containers have on which the pod relies. */
const OF_LASTING_CONTAINERS = [
  'ports',
  'resources',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
] as const;

/** What only ephemeral containers must keep to (validateEphemeralContainers), beside what all containers must. */
export function validateEphemeral(
  container: Container,
  lasting: ReadonlySet<string>,
  at: string,
  problems: Problems,
): void {
  const { targetContainerName: target } = container as EphemeralContainer;
  if (target !== undefined && !lasting.has(target)) problems.notFound(`${at}.targetContainerName`, target);
  for (const field of OF_LASTING_CONTAINERS) {
    if (!isUnset(container[field])) problems.forbidden(`${at}.${field}`, CANNOT_BE_SET);
  }
  container.volumeMounts?.forEach((mount, i) => {
    for (const field of ['subPath', 'subPathExpr'] as const) {
      if (!isUnset(mount[field])) problems.forbidden(`${at}.volumeMounts[${i}].${field}`, CANNOT_BE_SET);
    }
  });
}
