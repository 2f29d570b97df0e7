import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { BodyAnswer } from '../rest/answer';

const compress = promisify(gzip);

/** Answers up to this size, in bytes, are sent as they are (Kubernetes' defaultGzipThresholdBytes). */
const THRESHOLD = 128 * 1024;

/** Whether an answer is worth compressing for a client that takes gzip. */
export function isWorthGzip(answer: BodyAnswer, acceptEncoding: string | string[] | undefined): boolean {
  if (answer.body.length <= THRESHOLD || typeof acceptEncoding !== 'string') return false;
  return acceptEncoding.split(',').some((coding) => coding.trim() === 'gzip');
}

/** The answer compressed, off the event loop: quickly for what is sent once, and once for what is kept. */
export async function gzipped(answer: BodyAnswer): Promise<BodyAnswer> {
  const { headers = {}, body } = answer;
  const bytes = await (answer.gzipped?.() ?? compress(body, { level: constants.Z_BEST_SPEED }));
  const vary = headers['vary'] === undefined ? 'Accept-Encoding' : `${headers['vary']}, Accept-Encoding`;
  return { ...answer, body: bytes, headers: { ...headers, 'content-encoding': 'gzip', vary } };
}
