import type { NodeMetrics, PodMetrics } from '@shiplog/contracts';
import { canonicalQuantity, milliOf } from '@shiplog/apimachinery';
import { NAME, text, type Cell, type Column, type Printer } from './column';

type Amounts = Readonly<Record<string, string>>;

const COLUMNS: readonly Column[] = [
  NAME,
  text('cpu', 'Processors in use, on average over the window.'),
  text('memory', 'The working set.'),
  text('Window', 'How long the processor time was measured for.'),
];

export const nodeMetricsPrinter: Printer<NodeMetrics> = {
  columns: COLUMNS,
  cells: ({ metadata, usage, window }) => cellsOf(metadata.name, [usage], window),
};

export const podMetricsPrinter: Printer<PodMetrics> = {
  columns: COLUMNS,
  cells: ({ metadata, containers, window }) =>
    cellsOf(
      metadata.name,
      containers.map(({ usage }) => usage),
      window,
    ),
};

function cellsOf(name: string | undefined, usages: readonly Amounts[], window: string): Cell[] {
  const sum = (kind: string): bigint => usages.reduce((total, usage) => total + milliOf(usage[kind] ?? '0'), 0n);
  const memory = canonicalQuantity(`${sum('memory') / 1_024_000n}Ki`);
  return [name ?? '', `${sum('cpu')}m`, memory ?? '', window];
}
