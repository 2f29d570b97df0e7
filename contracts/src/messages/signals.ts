import { Type } from '@sinclair/typebox';
import { signal } from './define';
import { Hashes } from './queries';
import { Line, Name, OneOf, Optional, Position, Resource, Time } from './schemas';

export const Head = signal('head', {
  summary: 'How far the log is, about once a second and after bursts: who missed the tail of a channel notices.',
  payload: Type.Object({
    position: Position(),
    channels: Type.Record(Type.String(), Position(), { description: 'Last position of every channel with any event.' }),
    hashes: Optional(Hashes),
  }),
  from: ['journal'],
  heardBy: ['api', 'scheduler', 'controller', 'kubelet', 'network', 'proxy', 'user'],
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
      resource: Resource,
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
