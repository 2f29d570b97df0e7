import { OBJECT_BYTES, isLargerThan, type KubeObject, type KubeStatus } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';

/**
 * 413 for an object that many small changes have made larger than any one request could: readers get it in one message, as
 * Kubernetes' etcd gets it in one request.
 */
export function sizeRejection(object: KubeObject): KubeStatus | undefined {
  return isLargerThan(object, OBJECT_BYTES) ? statusOf.tooLarge(`limit is ${OBJECT_BYTES}`) : undefined;
}
