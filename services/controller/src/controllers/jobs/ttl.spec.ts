import type { StoredMeta } from '@shiplog/contracts';
import { momentOf, type ReconcileRequest } from '../../runtime/domain/controller';
import { at, bare, EPOCH } from '../../testing/objects';
import { jobTtlController } from './ttl';

const over = (type: string, seconds: number) => ({
  conditions: [{ type, status: 'True', lastTransitionTime: at(seconds) }],
});

async function decided(seconds: number, spec: object, status: object, meta: Partial<StoredMeta> = {}) {
  const job = bare('jobs.batch', 'work', meta, { spec, status });
  const request = { state: { get: () => job }, now: momentOf(EPOCH + seconds * 1_000) } as unknown as ReconcileRequest;
  const { commands, requeueAfterMs } = await jobTtlController.reconcile('default/work', request);
  return { deleted: commands.map(({ type }) => type === 'DeleteObject'), requeueAfterMs };
}

describe('a Job that is over', () => {
  it.each(['Complete', 'Failed'])('%s, is deleted after its time', async (type) => {
    const ttl = { ttlSecondsAfterFinished: 30 };
    expect(await decided(20, ttl, over(type, 0))).toEqual({ deleted: [], requeueAfterMs: 10_000 });
    expect(await decided(30, ttl, over(type, 0))).toEqual({ deleted: [true], requeueAfterMs: undefined });
  });

  it('stays where it has no time, is not over, or goes already', async () => {
    const ttl = { ttlSecondsAfterFinished: 0 };
    expect((await decided(99, {}, over('Complete', 0))).deleted).toEqual([]);
    expect((await decided(99, ttl, over('FailureTarget', 0))).deleted).toEqual([]);
    expect((await decided(99, ttl, over('Complete', 0), { deletionTimestamp: at(1) })).deleted).toEqual([]);
  });
});
