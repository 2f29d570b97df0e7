import { Type } from '@sinclair/typebox';
import { signal } from './define';
import { Hashes } from './queries';
import { Line, Name, OneOf, Optional, Position, ResourceName, Time } from './schemas';

/** Who keeps a part of each object notes what it has of the position, and compares it with what it hears of that later. */
const ViewHashes = Type.Object(
  {
    at: Position(),
    hashes: Optional(Type.Record(Type.String(), Hashes, { description: 'By the name of the view, and by resource.' })),
  },
  {
    description:
      "What views keep of the state: without hashes, it is to be noted now; a later head tells that state's.",
  },
);

export const Head = signal('head', {
  summary: 'How far the log is, every second or two: who missed the tail of a channel, or hears nobody, notices.',
  payload: Type.Object({
    position: Position(),
    epoch: Position("Of the journal's term: who has heard of a later one ignores this."),
    channels: Type.Record(Type.String(), Position(), {
      description:
        "Last position of every resource with any event, and of every excerpt; a node's own go to that node (`head`).",
    }),
    hashes: Optional(Hashes),
    views: Optional(ViewHashes),
  }),
  from: ['journal'],
  heardBy: ['api', 'scheduler', 'controller', 'dns', 'kubelet', 'network', 'proxy', 'user'],
  byLibrary: true,
});

export const Heartbeat = signal('heartbeat', {
  summary: 'A kubelet is alive, every few seconds; the node is the one in the subject.',
  payload: Type.Object({ time: Time() }),
  from: ['kubelet'],
  heardBy: ['api', 'controller'],
});

export const Note = signal('note', {
  summary: 'Worth a line in `kubectl describe`, but no fact of the log: a failed probe, a pull that goes on.',
  payload: Type.Object({
    type: OneOf(['Normal', 'Warning']),
    reason: Line(),
    message: Type.String(),
    component: Line(),
    host: Line(),
    about: Type.Object({
      resource: ResourceName,
      namespace: Line(),
      name: Name(),
      uid: Line(),
      fieldPath: Optional(Line()),
    }),
  }),
  from: ['kubelet', 'controller'],
  heardBy: ['api'],
});

export const SIGNALS = [Head, Heartbeat, Note] as const;
