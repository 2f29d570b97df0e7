import { renderDrops } from './drops';

const drop = {
  node: 'minion-2',
  direction: 'Ingress' as const,
  source: '10.244.1.2',
  sourcePod: 'default/client',
  destination: '10.244.2.3',
  destinationPod: 'default/web',
  protocol: 'TCP',
  port: 80,
  packets: 3,
  secondsAgo: 7,
  policies: ['default/closed', 'default/other'],
};
const outside = {
  ...drop,
  source: '192.0.2.1',
  sourcePod: undefined,
  protocol: 'ICMP',
  port: undefined,
  secondsAgo: 2,
};

describe('what network policies have refused', () => {
  it('is said in a line each, the last first, with addresses where there is no pod', () => {
    const lines = renderDrops([drop, outside]).trimEnd().split('\n');
    expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['AGO', 'NODE', 'DIRECTION', 'FROM', 'TO', 'PACKETS', 'POLICIES'],
      ['2s', 'minion-2', 'Ingress', '192.0.2.1', 'default/web ICMP', '3', 'default/closed, default/other'],
      ['7s', 'minion-2', 'Ingress', 'default/client', 'default/web TCP/80', '3', 'default/closed, default/other'],
    ]);
  });

  it('is said to be nothing where it is', () => {
    expect(renderDrops([])).toContain('refused no connection');
  });
});
