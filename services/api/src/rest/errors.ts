import { StatusError, type KubeStatus } from '@shiplog/contracts';
import { BusUnavailable } from '@shiplog/bus';
import { statusOf, type Result } from '@shiplog/apimachinery';

/** Throws a Status as the error that the gateway answers with. */
export function throwStatus(status: KubeStatus): never {
  throw new StatusError(status);
}

/** The value of a result, or its Status thrown. */
export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throwStatus(result.status);
  return result.value;
}

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
      return statusOf.tooLarge('it is more than one message on the bus may hold');
    case 'FST_ERR_BAD_URL':
      return statusOf.badRequest('the request is malformed');
    case 'CONNECTION_CLOSED':
    case 'CONNECTION_DRAINING':
      return statusOf.unavailable('the server is stopping');
    default:
      return undefined;
  }
}
