import { Injectable } from '@nestjs/common';
import { denialOf, type Request } from '@shiplog/authorization';
import { accessOf } from '@shiplog/cluster';
import { MASTERS, type UserInfo } from '@shiplog/contracts';
import { ClusterCache } from '../cache/cluster-cache';
import { infoOf } from '../rest/access-request';
import { throwStatus } from '../rest/errors';
import type { User } from '../rest/request';

/**
 * Who may read what, by the roles and bindings of the api's copy of the cluster. What changes something is asked again where
 * it is decided, on the newest state.
 */
@Injectable()
export class Authorization {
  constructor(private readonly cluster: ClusterCache) {}

  /** Throws 403 for what a user may not; 503 while the log is still being read, but for those who may do everything. */
  check(user: User, requestOf: (user: UserInfo) => Request): void {
    if (user.groups.includes(MASTERS)) return;
    const request = requestOf(infoOf(user));
    const { allowed, reason } = accessOf(this.cluster.projection.state, request);
    if (!allowed) throwStatus(denialOf(request, reason));
  }
}
