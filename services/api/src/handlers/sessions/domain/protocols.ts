import { BASE64, BINARY, type ChannelCodec } from './channel-codec';

/** A protocol by which clients carry the channels of a session. */
export interface ChannelProtocol {
  /** As it is negotiated. */
  readonly name: string;
  /** v4 and later tell how a session ended as a Status; those before, in words. */
  readonly tellsStatus: boolean;
  /** v5: a client can end a channel. */
  readonly endsChannels: boolean;
  readonly codec: ChannelCodec;
}

/** Of WebSockets, the one that the api likes best first (pkg/util/remotecommand of k8s.io/kubelet, k8s.io/apimachinery). */
const WEB_SOCKET: readonly ChannelProtocol[] = [
  { name: 'v5.channel.k8s.io', tellsStatus: true, endsChannels: true, codec: BINARY },
  { name: 'v4.channel.k8s.io', tellsStatus: true, endsChannels: false, codec: BINARY },
  { name: 'v4.base64.channel.k8s.io', tellsStatus: true, endsChannels: false, codec: BASE64 },
  { name: 'channel.k8s.io', tellsStatus: false, endsChannels: false, codec: BINARY },
  { name: 'base64.channel.k8s.io', tellsStatus: false, endsChannels: false, codec: BASE64 },
];

/** For a client that names none. */
const NAMELESS: ChannelProtocol = { name: '', tellsStatus: false, endsChannels: false, codec: BINARY };

/** undefined when none of the offered ones is known. The client's order is what counts. */
export function channelProtocol(offered: readonly string[]): ChannelProtocol | undefined {
  if (offered.length === 0) return NAMELESS;
  for (const name of offered) {
    const known = WEB_SOCKET.find((protocol) => protocol.name === name);
    if (known !== undefined) return known;
  }
  return undefined;
}

/** Of exec and attach over SPDY, newest first. Terminals are resized from v3 on. */
export const SPDY_VERSIONS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'] as const;
export type SpdyVersion = (typeof SPDY_VERSIONS)[number];

/** The one of port-forward over SPDY; over a WebSocket, SPDY is what its messages carry. */
export const PORT_FORWARD = 'portforward.k8s.io';
export const PORT_FORWARD_TUNNEL = 'SPDY/3.1+portforward.k8s.io';

/** The first of the offered versions that is known; a client that offers none speaks the first there was. */
export function spdyVersion(offered: readonly string[]): SpdyVersion | undefined {
  if (offered.length === 0) return 'channel.k8s.io';
  return offered
    .map((name) => SPDY_VERSIONS.find((version) => version === name))
    .find((version) => version !== undefined);
}
