const number = (description: string) => ({ type: 'string', pattern: '^[0-9]+$', description });
const text = (description: string) => ({ type: 'string', description });

/** CloudEvents 1.0, binary mode: context attributes are headers. Written and read by libs/bus/src/cloud-events.ts. */
export const CloudEventHeaders = {
  type: 'object',
  properties: {
    'ce-specversion': { const: '1.0' },
    'ce-id': number('Position in the log.'),
    'ce-source': text('Who published it.'),
    'ce-type': text('`shiplog.`, the resource, a dot and the fact: `shiplog.pods.Scheduled`.'),
    'ce-time': { type: 'string', format: 'date-time' },
    'ce-subject': text('Resource, namespace and name of the object.'),
    'content-type': { const: 'application/json' },
    'ce-typeversion': number('The format of the event.'),
    'ce-uid': text('Of the object.'),
    'ce-actor': text('Who asked for the change; percent-encoded where it is not printable ASCII.'),
    'ce-via': text(
      'Whose credentials sent the command, as `kind.name`; percent-encoded where it is not printable ASCII. Absent in old events.',
    ),
    'ce-commandid': text('The command that was decided; percent-encoded where it is not printable ASCII.'),
    'ce-commandseq': number("Which of the command's events this is, from 0."),
    'ce-cause': number('Position of the event that made the actor act.'),
    'ce-basis': number('Position that the actor had read.'),
    'ce-epoch': number('Of the term of the journal that published it: who has heard of a later one ignores this.'),
    'ce-prev': number("Position of the event before this one in the resource's channel; 0 for the first."),
    'ce-prevnode': number("The same in the node's channel, where the object belongs to a node."),
  },
  required: [
    'ce-specversion',
    'ce-id',
    'ce-source',
    'ce-type',
    'ce-time',
    'ce-uid',
    'ce-actor',
    'ce-commandid',
    'ce-epoch',
    'ce-prev',
  ],
};

/** Of a stream's chunks; see libs/bus/src/streams.ts. */
export const StreamHeaders = {
  type: 'object',
  properties: {
    'shiplog-stream': {
      type: 'string',
      enum: ['data', 'end', 'error', 'ping'],
      description: 'What the chunk is. `error` carries a Status; `end` and `ping` carry nothing.',
    },
  },
  required: ['shiplog-stream'],
};
