import { Client } from 'pg';
import { TestNats, TestPostgres } from '.';

describe('the real parts of a test', () => {
  it('NATS starts, and its bus answers itself', async () => {
    const nats = await TestNats.start();
    const bus = await nats.bus();
    bus.serve('echo', (payload) => Promise.resolve({ heard: payload }));
    await expect(bus.request('echo', { a: 1 })).resolves.toEqual({ heard: { a: 1 } });
    await nats.stop();
  });

  it('Postgres keeps its data over a pause', async () => {
    const postgres = await TestPostgres.start();
    const url = await postgres.database('kept');
    const before = new Client({ connectionString: url });
    await before.connect();
    await before.query('create table t (i int)');
    await before.end();
    await postgres.pause();
    await postgres.resume();
    const after = new Client({ connectionString: url });
    await after.connect();
    await expect(after.query('select count(*)::int as n from t')).resolves.toMatchObject({ rows: [{ n: 0 }] });
    await after.end();
    await postgres.stop();
  });
});
