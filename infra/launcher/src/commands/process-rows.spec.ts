import type { HealthReport } from '@shiplog/contracts';
import { RANK } from '../processes/registry';
import { type Answers, problemsOf, processRows } from './process-rows';

const record = (name: string, pid: number, rank: number, isAlive = true) => ({
  name,
  pid,
  rank,
  isAlive,
  started: 'x',
});
const report = (pid: number, ready = true): HealthReport => ({
  service: 'journal',
  instance: 'main',
  ready,
  detail: ready ? 'serves' : 'waits',
  pid,
  rssBytes: 1,
  uptimeSeconds: 1,
});
const rowsOf = (answers: Partial<Answers>) =>
  processRows({ records: [], listed: [], reports: [], silentEngines: new Set(), ...answers });
const states = (answers: Partial<Answers>) => rowsOf(answers).map(({ name, state }) => `${name} ${state}`);

describe('the processes of a cluster', () => {
  it('are what they say of themselves, those that others rest on first', () => {
    const records = [record('journal', 2, RANK.journal), record('nats', 1, RANK.store)];
    expect(states({ records, reports: [report(2)] })).toEqual(['nats runs', 'journal ready']);
    expect(states({ records, reports: [report(2, false)] })).toEqual(['nats runs', 'journal not ready']);
  });

  it('do not answer when they hang, which nobody can tell while the bus does not', () => {
    const records = [record('api', 2, RANK.api)];
    expect(states({ records })).toEqual(['api no answer']);
    expect(states({ records, reports: undefined })).toEqual(['api runs']);
  });

  it('are down when they ended unasked, with why', () => {
    const records = [record('api', 2, RANK.api, false)];
    const listed = [{ name: 'api', state: 'waiting', reason: 'SIGKILL' } as const];
    expect(rowsOf({ records, listed })).toEqual([
      { name: 'api', state: 'down', pid: undefined, detail: 'ended (SIGKILL)' },
    ]);
    expect(rowsOf({ records, listed: undefined })).toMatchObject([{ state: 'down', detail: 'ended' }]);
  });

  it('are stopped when the user stopped them, with how to start them', () => {
    const listed = [{ name: 'minion-1-proxy', state: 'stopped' } as const];
    expect(rowsOf({ listed })).toMatchObject([{ state: 'stopped', detail: 'npm run service start minion-1-proxy' }]);
  });

  it('are engines that do not answer, though their process runs', () => {
    const records = [record('minion-1-dockerd', 3, RANK.engine)];
    expect(states({ records, silentEngines: new Set(['minion-1-dockerd']) })).toEqual(['minion-1-dockerd no answer']);
    expect(states({ records })).toEqual(['minion-1-dockerd runs']);
  });

  it('keep a cluster from being ready, and say which', () => {
    const records = [
      record('api', 2, RANK.api, false),
      record('dns-1', 3, RANK.decider),
      record('nats', 1, RANK.store),
    ];
    expect(problemsOf(rowsOf({ records }))).toEqual(['down: api', 'no answer: dns-1']);
    expect(problemsOf(rowsOf({ records: records.slice(2) }))).toEqual([]);
  });
});
