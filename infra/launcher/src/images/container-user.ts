import type { SERVICE_ROLES } from '@shiplog/contracts';
import type { SystemUser } from '@shiplog/postgres';
import { serviceUser } from '../services/service-user';
import { isRoot } from '../system/tools';

/** A service that has an image. */
export type Service = (typeof SERVICE_ROLES)[number];

const ROOT: SystemUser = { uid: 0, gid: 0 };
/** What these do on a node takes root: the engine's socket and pods' files, interfaces and routes. */
const NEED_ROOT: ReadonlySet<Service> = new Set<Service>(['kubelet', 'network']);
/** For what root of the machine would run as itself: a number of the range of service-user.ts that no slot has. */
const OTHER: SystemUser = { uid: 61_400, gid: 61_400 };

/**
 * As whom a service runs in a container: as on the machine, where root gives it a user of its own; an ordinary user's as
 * that user, so that it can read the files that are made for it.
 */
export function containerUser(service: Service, slot: number): SystemUser {
  if (NEED_ROOT.has(service)) return ROOT;
  if (isRoot()) return serviceUser(service, slot) ?? OTHER;
  return { uid: process.getuid?.() ?? OTHER.uid, gid: process.getgid?.() ?? OTHER.gid };
}
