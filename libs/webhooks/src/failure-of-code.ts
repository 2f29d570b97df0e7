const LONGEST_TEXT = 2_048;

const TEXTS: ReadonlyMap<number, string> = new Map([
  [400, 'the server rejected our request for an unknown reason'],
  [401, 'the server has asked for the client to provide credentials'],
  [404, 'the server could not find the requested resource'],
  [405, 'the server does not allow this method on the requested resource'],
  [409, 'the server reported a conflict'],
  [422, 'the server rejected our request due to an error in our request'],
  [429, 'the server has received too many requests and has asked us to try again later'],
  [503, 'the server is currently unable to handle the request'],
  [504, 'the server was unable to return a response in the time allotted, but may still be processing the request'],
]);

/** What Go's client says of a response that is no success (NewGenericServerResponse in Kubernetes' apimachinery). */
export function failureOfCode(code: number, body: string): string {
  const known = TEXTS.get(code);
  if (known !== undefined) return known;
  if (code === 403)
    return body.trim().slice(0, LONGEST_TEXT) || 'the server does not allow access to the requested resource';
  if (code < 500) return `the server responded with the status code ${code} but did not return more information`;
  const text = body.trim().slice(0, LONGEST_TEXT) || 'unknown';
  return `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`;
}
