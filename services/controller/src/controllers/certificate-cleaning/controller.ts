import { SETTLED, type Controller } from '../../runtime/domain/controller';
import { REQUESTS } from '../certificates/decide';
import { decideCleaning } from './decide';

/** Removes requests for certificates that were decided, failed or left alone long ago. Keys: their names. */
export const certificateCleaningController: Controller = {
  name: 'certificate-cleaning',
  watches: { [REQUESTS]: ({ after }) => (after === undefined ? [] : [after.metadata.name]) },
  allKeys: (state) => state.list(REQUESTS).map(({ metadata }) => metadata.name),
  reconcile: (key, { state, now }) => {
    const request = state.get(REQUESTS, '', key);
    return request === undefined ? SETTLED : decideCleaning(request, now);
  },
};
