import { StatusError, type KubeStatus } from '@shiplog/contracts';
import type { Result } from '@shiplog/apimachinery';

/** Throws a Status as the error that the gateway answers with. */
export function throwStatus(status: KubeStatus): never {
  throw new StatusError(status);
}

/** The value of a result, or its Status thrown. */
export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throwStatus(result.status);
  return result.value;
}
