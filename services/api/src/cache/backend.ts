import type { ObjectOf } from '@shiplog/contracts';
import type { Projection } from '@shiplog/projection';
import { backendOfService, type Backend, type Unavailable } from '@shiplog/webhooks';

export type { Backend, Unavailable };

export const API_SERVICES = 'apiservices.apiregistration.k8s.io';
export type StoredApiService = ObjectOf<typeof API_SERVICES>;

/** The server of an APIService that has one: the ready endpoints of its Service. */
export function backendOf(projection: Projection, { spec }: StoredApiService): Backend | Unavailable {
  return backendOfService(projection, spec?.service ?? {});
}
