import { isMet, ratioOf, rounded, type Figure, type Goal } from '../figures';

const HEAD = ['', 'here', 'beside it, in this run', '=', 'Kubernetes 1.20', 'goal', ''];
const CPU_HEAD = 'processor time for each, in microseconds';

/** The figures as a table for people: what, how much, and against what; what belongs to a figure stands below it. */
export function renderTable(figures: readonly Figure[]): string {
  const rows = [HEAD, ...figures.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  '));
  const below = ['', ...figures.map(({ details = {} }) => listed(details))];
  return lines
    .flatMap((line, i) => (below[i] === '' ? [line] : [line, `    ${below[i]}`]))
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n');
}

/** What each process spent on one of what was counted. */
export function renderCpu(figures: readonly Figure[]): string {
  const metered = figures.filter(({ cpu }) => cpu !== undefined);
  if (metered.length === 0) return '';
  const width = Math.max(...metered.map(({ description }) => description.length));
  const rows = metered.map(({ description, cpu = {} }) => `  ${description.padEnd(width)}  ${listed(cpu)}`);
  return [`  ${CPU_HEAD}`, ...rows].join('\n');
}

function rowOf(figure: Figure): string[] {
  const { description, value, unit, beside, kubernetes = '', goal } = figure;
  const ratio = ratioOf(figure);
  return [
    description,
    `${digits(value)} ${unit}`,
    beside === undefined ? '' : `${digits(beside.value)} ${beside.unit} ${beside.description}`,
    ratio === undefined ? '' : `${rounded(ratio)} ×`,
    kubernetes,
    goal === undefined ? '' : goalText(goal, unit),
    verdict(figure),
  ];
}

function listed(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${digits(value)}`)
    .join(', ');
}

function goalText(goal: Goal, unit: string): string {
  switch (goal.kind) {
    case 'at-least':
      return `≥ ${digits(goal.value)} ${unit}`;
    case 'at-most':
      return `≤ ${digits(goal.value)} ${unit}`;
    case 'ratio-at-most':
      return `≤ ${goal.value} ×`;
    case 'ratio-at-least':
      return `≥ ${goal.value} ×`;
  }
}

function verdict(figure: Figure): string {
  const { errors = 0 } = figure;
  const met = isMet(figure);
  const said = met === undefined ? '' : met ? '✓' : '✗';
  return errors === 0 ? said : `${said} ${errors} errors`;
}

/** With commas at the thousands, as people read them. */
function digits(value: number): string {
  const [whole = '', fraction] = String(rounded(value)).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
