import { Type } from '@sinclair/typebox';
import { nodeRequest } from './define';
import { Name, OneOf, Optional } from './schemas';

/** The channels of sessions: numbered as Kubernetes numbers those of its WebSockets (v4.channel.k8s.io). */
export const CHANNELS = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** Words of a command line, each as long as Linux takes one at most. */
const command = Type.Array(Type.String({ maxLength: 128 * 1024 }), {
  minItems: 1,
  maxItems: 4_096,
  problem: 'must be a command: the program and its arguments',
});

/** Of whom: a container that runs. */
const container = { namespace: Name(), pod: Name(), uid: Name(), container: Name() };
/** Which of its streams are wanted. With a terminal, what it writes comes on stdout. */
const streams = {
  stdin: Optional(Type.Boolean()),
  stdout: Optional(Type.Boolean()),
  stderr: Optional(Type.Boolean()),
  tty: Optional(Type.Boolean()),
};

const bytes = Type.Unknown({
  description:
    'Bytes, each chunk after the number of its channel: stdin 0, stdout 1, stderr 2, error 3 (how it ended: a Status as JSON), resize 4 (JSON with Width and Height). An empty chunk ends its channel.',
  contentMediaType: 'application/octet-stream',
});

export const Exec = nodeRequest('exec', {
  summary: 'Runs a command in a container; a stream both ways, until it ends. Who leaves before, ends it.',
  payload: Type.Object({ ...container, ...streams, command }),
  reply: bytes,
  from: ['api'],
  answeredBy: ['kubelet'],
  streamed: true,
  duplex: true,
});

export const AttachContainer = nodeRequest('attachcontainer', {
  summary: "A container's own input and output, as a stream both ways, until it ends or who asked leaves.",
  payload: Type.Object({ ...container, ...streams }),
  reply: bytes,
  from: ['api'],
  answeredBy: ['kubelet'],
  streamed: true,
  duplex: true,
});

export const Dial = nodeRequest('dial', {
  summary:
    'A TCP connection to a port of a pod: granted once it is there. Its bytes are those of channel 0, both ways.',
  payload: Type.Object({
    namespace: Name(),
    pod: Name(),
    uid: Name(),
    port: Type.Integer({ minimum: 1, maximum: 65_535, problem: 'must be a port: a whole number from 1 to 65535' }),
    at: OneOf(['loopback', 'address']),
  }),
  reply: Type.Unknown({ description: 'Bytes.', contentMediaType: 'application/octet-stream' }),
  from: ['api'],
  answeredBy: ['kubelet'],
  streamed: true,
  duplex: true,
});

export const SESSION_REQUESTS = [Exec, AttachContainer, Dial] as const;
