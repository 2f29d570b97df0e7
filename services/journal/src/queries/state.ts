import { setImmediate as turn } from 'node:timers/promises';
import { encodeStateChunk, type StateEncoding, type StreamSink } from '@shiplog/bus';
import { objectsOf, type ClusterState } from '@shiplog/cluster';
import {
  channelName,
  type Channel,
  type ResourceId,
  type StateChunk,
  type StateRequest,
  type StoredObject,
} from '@shiplog/contracts';
import type { AsOfReader } from '../history/as-of-reader';
import type { OpenLog } from '../leader/active-log';
import { ChannelHeads } from '../writer/channel-heads';

/** JSON text of one chunk, about: small enough that other work gets its turn between two. */
const CHUNK_LENGTH = 100_000;

interface Selected {
  readonly position: number;
  /** In no particular order. */
  readonly objects: readonly { readonly resource: ResourceId; readonly objects: readonly StoredObject[] }[];
  readonly channels: Record<string, number>;
}

/** The objects of channels, now or at any position kept. Objects are immutable: holding on to them is a snapshot. */
export async function select(
  { writer, heads }: Pick<OpenLog, 'writer' | 'heads'>,
  asOf: AsOfReader,
  { channels, at }: StateRequest,
): Promise<Selected> {
  if (at === undefined || at === writer.position) {
    return { position: writer.position, ...chosen(writer.state, heads, channels) };
  }
  const then = await asOf.read(at, writer.position);
  return { position: at, ...chosen(then.state, new ChannelHeads(then.channels), channels) };
}

function chosen(
  state: ClusterState,
  heads: ChannelHeads,
  channels: readonly Channel[] = everything(heads),
): Omit<Selected, 'position'> {
  const objects = channels.map((channel) => ({ resource: channel.resource, objects: objectsOf(state, channel) }));
  return {
    objects,
    channels: Object.fromEntries(channels.map((channel) => [channelName(channel), heads.of(channel)])),
  };
}

/** The channels of all resources: who has objects has events. */
function everything(heads: ChannelHeads): Channel[] {
  return Object.keys(heads.ofResources()).map((resource) => ({ resource }));
}

/** As lines of `StateChunk`, in the words of the journal of an epoch. */
export async function send(
  { position, objects, channels }: Selected,
  { epoch, encoding }: { readonly epoch?: number; readonly encoding?: StateEncoding },
  stream: StreamSink,
): Promise<void> {
  const start = `{"position":${position},${epoch === undefined ? '' : `"epoch":${epoch},`}"objects":[`;
  let lines: string[] = [];
  let length = 0;
  const flush = async (last?: Record<string, number>): Promise<void> => {
    const end = last === undefined ? '' : `,"channels":${JSON.stringify(last)}`;
    await stream.write(encodeStateChunk(`${start}${lines.join(',')}]${end}}`, encoding));
    lines = [];
    length = 0;
    await turn();
  };
  for (const { resource, objects: ofResource } of objects) {
    for (const object of ofResource) {
      const line = JSON.stringify({ resource, object } satisfies StateChunk['objects'][number]);
      if (length > 0 && length + line.length > CHUNK_LENGTH) await flush();
      lines.push(line);
      length += line.length;
    }
  }
  await flush(channels);
}
