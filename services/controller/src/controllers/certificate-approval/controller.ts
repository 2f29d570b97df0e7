import { SETTLED, type Controller } from '../../runtime/domain/controller';
import { REQUESTS, type ReadRequest } from '../certificates/decide';
import { decideApproval, isUndecided } from './decide';

/** Approves requests of kubelets that may be made without anybody's decision. Keys: their names. */
export function certificateApprovalController(read: (csr: string) => Promise<ReadRequest>): Controller {
  return {
    name: 'certificate-approval',
    watches: { [REQUESTS]: ({ after }) => (after === undefined || !isUndecided(after) ? [] : [after.metadata.name]) },
    allKeys: (state) => state.list(REQUESTS).map(({ metadata }) => metadata.name),
    async reconcile(key, request) {
      const asked = request.state.get(REQUESTS, '', key);
      if (asked === undefined || !isUndecided(asked)) return SETTLED;
      const identity = await read(Buffer.from(asked.spec.request, 'base64').toString('latin1'));
      return { ...decideApproval(request.state, asked, identity), basis: request.position };
    },
  };
}
