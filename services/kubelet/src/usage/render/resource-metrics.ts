import type { PodUsage, Usage } from '../domain/usage';

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly string[];
}

type Labels = Readonly<Record<string, string>>;

const BILLION = 1e9;

/** The page `/metrics/resource` in Prometheus' text format, with the metrics that kubelets have there (resource_metrics.go). */
export function renderResourceMetrics(node: Usage | undefined, pods: readonly PodUsage[]): string {
  const ofNode = node === undefined ? [] : [{ labels: {}, usage: node }];
  const ofPods = pods.map((usage) => ({ labels: { namespace: usage.pod.namespace, pod: usage.pod.name }, usage }));
  const ofContainers = ofPods.flatMap(({ labels, usage }) =>
    usage.containers.map((item) => ({ labels: { container: item.name, ...labels }, usage: item })),
  );
  const starts = ofContainers.map(({ labels, usage }) =>
    sample('container_start_time_seconds', labels, Date.parse(usage.startedAt) / 1_000),
  );
  const families: Family[] = [
    ...familiesOf('container', 'a container', ofContainers),
    {
      name: 'container_start_time_seconds',
      type: 'gauge',
      help: 'When a container was started, in seconds since 1970.',
      samples: starts,
    },
    ...familiesOf('node', 'the node', ofNode),
    ...familiesOf('pod', 'a pod', ofPods),
    {
      name: 'resource_scrape_error',
      type: 'gauge',
      help: '1 when the usage of the node could not be read.',
      samples: [sample('resource_scrape_error', {}, node === undefined ? 1 : 0)],
    },
  ];
  return families.map(renderFamily).join('');
}

function familiesOf(
  prefix: string,
  whose: string,
  items: readonly { readonly labels: Labels; readonly usage: Usage }[],
): Family[] {
  const [cpu, memory] = [`${prefix}_cpu_usage_seconds_total`, `${prefix}_memory_working_set_bytes`];
  return [
    {
      name: cpu,
      type: 'counter',
      help: `Processor time that ${whose} has used, in seconds.`,
      samples: items.map(({ labels, usage }) => sample(cpu, labels, usage.cpuNanoseconds / BILLION, usage.time)),
    },
    {
      name: memory,
      type: 'gauge',
      help: `The working set of ${whose}, in bytes.`,
      samples: items.map(({ labels, usage }) => sample(memory, labels, usage.memory.workingSetBytes, usage.time)),
    },
  ];
}

/** `time` is in milliseconds since 1970. */
function sample(name: string, labels: Labels, value: number, time?: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
  const shown = pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
  return `${shown} ${value}${time === undefined ? '' : ` ${time}`}\n`;
}

function renderFamily({ name, type, help, samples }: Family): string {
  return samples.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.join('')}`;
}
