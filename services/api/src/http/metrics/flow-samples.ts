import type { FlowControl } from '../flow-control/flow-control';
import type { Sample } from './samples';

type Family = [name: string, type: 'counter' | 'gauge', help: string, read: () => Sample[]];

/** What flow control counts, under Kubernetes' names. */
export function flowSamples(flows: Pick<FlowControl, 'schemas' | 'levels'>): Family[] {
  const ofSchema = ({ schema, level }: { schema: string; level: string }): Record<string, string> => {
    return { flow_schema: schema, priority_level: level };
  };
  const ofLevels = (value: (level: FlowControl['levels'][number]) => number): Sample[] =>
    flows.levels.map((level) => ({ labels: { priority_level: level.name }, value: value(level) }));
  return [
    [
      'apiserver_flowcontrol_dispatched_requests_total',
      'counter',
      'Requests that were let in, by flow schema.',
      () => [...flows.schemas].map((flow) => ({ labels: ofSchema(flow), value: flow.dispatched })),
    ],
    [
      'apiserver_flowcontrol_rejected_requests_total',
      'counter',
      'Requests that were refused, by flow schema and reason.',
      () =>
        [...flows.schemas].flatMap((flow) =>
          [...flow.rejected].map(([reason, value]) => ({ labels: { ...ofSchema(flow), reason }, value })),
        ),
    ],
    [
      'apiserver_flowcontrol_current_inqueue_requests',
      'gauge',
      'Requests that wait for seats, by priority level.',
      () => ofLevels(({ waiting }) => waiting),
    ],
    [
      'apiserver_flowcontrol_current_executing_seats',
      'gauge',
      'Seats that are taken, by priority level.',
      () => ofLevels(({ executing }) => executing),
    ],
    [
      'apiserver_flowcontrol_nominal_limit_seats',
      'gauge',
      'Seats that there are, by priority level.',
      () => ofLevels(({ seats }) => seats),
    ],
  ];
}
