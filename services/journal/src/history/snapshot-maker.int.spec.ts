import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { constants, getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SnapshotMaker } from './snapshot-maker';

const folder = mkdtempSync(join(tmpdir(), 'snapshot-maker-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A program that does as it is told with the order, in place of the one that makes snapshots. */
function maker(does: string, warn: (fields: object, message: string) => void = () => undefined): SnapshotMaker {
  const program = join(folder, `${Math.random()}.js`);
  writeFileSync(program, `process.once('message', (order) => { ${does} });`);
  return new SnapshotMaker(() => 'postgres://there', program, { warn } as never);
}

const NEVER = new AbortController().signal;
/** Warns with its pid, and stays. */
const STAYS = `process.send({ warning: { fields: { pid: process.pid }, message: 'here' } }); setInterval(() => 0, 1e6);`;

async function goneWithin(pid: number, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20)))
    if ((await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')).includes(') Z')) return true;
  return false;
}

describe('making a snapshot beside', () => {
  it('gives the order, and what the program made of it', async () => {
    const made =
      maker(`process.send({ made: { outcome: 'saved', position: order.epoch, objects: 1, was: order.databaseUrl } },
      () => process.exit());`);
    expect(await made.make(7, NEVER)).toEqual({ outcome: 'saved', position: 7, objects: 1, was: 'postgres://there' });
  });

  it.each([
    [`process.send({ failed: 'Error: no room' }, () => process.exit())`, 'the snapshot program failed: Error: no room'],
    [`process.exit(3)`, 'the snapshot program ended without a word'],
  ])('fails as it fails: %s', async (does, message) => {
    await expect(maker(does).make(7, NEVER)).rejects.toThrow(message);
  });

  it('takes only what others leave, in a session of its own, and is gone when it is no longer wanted', async () => {
    const abort = new AbortController();
    let pid = 0;
    let priority = 0;
    const warn = (fields: object): void => {
      ({ pid } = fields as { pid: number });
      priority = getPriority(pid);
      abort.abort(new Error('enough'));
    };
    await expect(maker(STAYS, warn).make(7, abort.signal)).rejects.toThrow(/abort/i);
    expect(priority).toBeGreaterThan(constants.priority.PRIORITY_BELOW_NORMAL);
    expect(await goneWithin(pid, 5_000)).toBe(true);
  });
});
