import type { NewEvent } from '@shiplog/cluster';
import type { KubeStatus } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { SEPARATOR } from '../../database/append';

/**
 * The JSON texts of events' data, made once for Postgres and NATS; or why they can't be logged: a name holds a control
 * character (400), or the data is more than the bus can carry (413).
 */
export function dataTexts(
  events: readonly NewEvent[],
  maxBytes: number,
): { ok: true; texts: string[] } | { ok: false; status: KubeStatus } {
  const texts: string[] = [];
  for (const event of events) {
    if (holdsSeparator(event)) {
      return { ok: false, status: statusOf.badRequest(`${event.resource}: a name holds a control character`) };
    }
    const text = JSON.stringify(event.data);
    if (isLonger(text, maxBytes)) return { ok: false, status: statusOf.tooLarge(`limit is ${maxBytes} bytes`) };
    texts.push(text);
  }
  return { ok: true, texts };
}

function holdsSeparator({ namespace, name, uid, node }: NewEvent): boolean {
  return [namespace, name, uid, node].some((text) => text.includes(SEPARATOR));
}

/** Most texts are far too short to be worth counting their bytes. */
function isLonger(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}
