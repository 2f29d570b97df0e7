import { pino } from 'pino';
import { background } from './background';
import { Health } from './health';

describe('what a service does in the background', () => {
  let kill: jest.SpyInstance;
  const health = new Health('controller', 'one');
  const lines: { level: number; msg: string; err?: { message: string } }[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) });
  const settled = () => new Promise(setImmediate);

  beforeEach(() => {
    kill = jest.spyOn(process, 'kill').mockImplementation(() => true);
    lines.splice(0);
    health.ready('leads');
  });
  afterEach(() => {
    kill.mockRestore();
    process.exitCode = undefined;
  });

  it('goes on unnoticed when it goes well', async () => {
    background(Promise.resolve(), { logger, health });
    await settled();
    expect(kill).not.toHaveBeenCalled();
    expect([health.report().ready, lines, process.exitCode]).toEqual([true, [], undefined]);
  });

  it('ends the process in order when it fails, with code 1, and says why in the log and as its health', async () => {
    background(Promise.reject(new Error('no certificate')), { logger, health });
    await settled();
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGTERM']]);
    expect(process.exitCode).toBe(1);
    expect(health.report()).toMatchObject({ ready: false, detail: 'could not start: no certificate' });
    expect(lines).toMatchObject([
      { level: 60, msg: 'the service could not start', err: { message: 'no certificate' } },
    ]);
  });

  it('tells what is thrown and is no Error, too', async () => {
    background(Promise.reject('gone' as unknown as Error), { logger, health });
    await settled();
    expect(health.report().detail).toBe('could not start: gone');
  });
});
