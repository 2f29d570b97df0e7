import type { ChannelChunk } from '@shiplog/bus';
import type { KubeStatus } from '@shiplog/contracts';

/** The client's side of a session, whatever protocol carries it. */
export interface ClientChannels {
  /** What comes from the client; an empty chunk ends a channel. Ends when the client has left. */
  readonly chunks: AsyncIterable<ChannelChunk>;
  /** Resolves when the client keeps up; what a client that has left would be told is dropped. */
  write(channel: number, data: Uint8Array): Promise<void>;
  /** Tells how the session ended, and ends it once everything is sent. */
  end(status: KubeStatus): Promise<void>;
  /** Ends it at once. */
  destroy(): void;
}

/** How those are told who know no Status: in words, and of a success in none. */
export function statusText(status: KubeStatus, tellsStatus: boolean): Buffer {
  if (tellsStatus) return Buffer.from(JSON.stringify(status));
  return Buffer.from(status.status === 'Success' ? '' : (status.message ?? ''));
}
