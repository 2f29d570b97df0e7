import { renderCpu, renderTable } from './table';

describe('renderTable', () => {
  it('puts each figure beside what limits it, what Kubernetes does, and whether the goal is met', () => {
    const table = renderTable([
      {
        id: 'creates-32',
        description: 'pod creates, 32 clients',
        value: 2345.6,
        unit: '/s',
        details: { 'p50 ms': 12.34, 'p99 ms': 30 },
        beside: { description: 'bare HTTPS', value: 9000, unit: '/s' },
        kubernetes: '750/s',
        goal: { kind: 'at-least', value: 1500 },
      },
    ]);
    expect(table).toContain('2,346 /s');
    expect(table).toContain('9,000 /s bare HTTPS');
    expect(table).toContain('0.261 ×');
    expect(table).toMatch(/750\/s\s+≥ 1,500 \/s\s+✓\n\s+p50 ms 12.3, p99 ms 30$/);
  });

  it('never hides errors', () => {
    const figure = {
      id: 'x',
      description: 'x',
      value: 5,
      unit: '/s',
      errors: 3,
      goal: { kind: 'at-least', value: 1 },
    } as const;
    expect(renderTable([figure])).toMatch(/✗ 3 errors$/);
  });
});

describe('renderCpu', () => {
  it('lists what was metered, and nothing else', () => {
    const gets = { id: 'gets', description: 'GET', value: 1, unit: '/s', cpu: { api: 123.4 } };
    expect(renderCpu([gets, { ...gets, description: 'list', cpu: undefined }])).toMatch(
      /microseconds\n {2}GET {2}api 123$/,
    );
    expect(renderCpu([])).toBe('');
  });
});
