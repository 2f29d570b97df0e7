import { PositionQuery } from '@shiplog/contracts';
import { Client } from 'pg';
import { SecuredNats, serve, TestNats, TestPostgres } from '.';

const answer = { position: 7, channels: {} };

describe('the real parts of a test', () => {
  it('NATS starts, and carries a question to who answers it', async () => {
    const nats = await TestNats.start();
    await serve(await nats.bus('journal', { role: 'journal', name: 'one' }), PositionQuery, () => answer);
    const api = await nats.bus();
    await expect(api.ask(PositionQuery, {})).resolves.toEqual(answer);
    await nats.stop();
  });

  it('NATS lets everybody in with keys of their own, and carries the same question', async () => {
    const [journal, kubelet] = [{ role: 'journal', name: 'one' } as const, { role: 'kubelet', name: 'a.b' } as const];
    const nats = await SecuredNats.start([journal, kubelet]);
    await serve(await nats.bus(journal), PositionQuery, () => answer);
    const asking = await nats.bus(kubelet);
    await expect(asking.ask(PositionQuery, {})).resolves.toEqual(answer);
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
