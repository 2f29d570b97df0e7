import { BusUnavailable } from '@shiplog/bus';
import { StatusError, type KubeStatus } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';

/** What a client is told of an error; undefined for a defect, which is logged and told as an internal error. */
export function statusOfFailure(error: unknown): KubeStatus | undefined {
  if (error instanceof StatusError) return error.status;
  if (error instanceof BusUnavailable) {
    // Whoever was asked and did not answer may yet do what it was asked.
    if (error.last === 'no answer') return statusOf.timeout(`${error.message}; the request may yet take effect`);
    return statusOf.unavailable(`the journal, which keeps the log, does not answer: ${error.message}`);
  }
  if (typeof error === 'object' && error !== null && 'code' in error) return statusOfCode(String(error.code));
  return undefined;
}

function statusOfCode(code: string): KubeStatus | undefined {
  switch (code) {
    case 'MAX_PAYLOAD_EXCEEDED':
      return statusOf.tooLarge('it is larger than a message on the bus may be');
    case 'FST_ERR_BAD_URL':
      return statusOf.badRequest('the request is malformed');
    case 'CONNECTION_CLOSED':
    case 'CONNECTION_DRAINING':
      return statusOf.unavailable('the server is stopping');
    default:
      return undefined;
  }
}
