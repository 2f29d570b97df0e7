import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { hashCluster } from '@shiplog/cluster';
import { TestPostgres } from '@shiplog/testing';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { EVENT_COLUMNS } from '../database/columns';
import { makeDataSource } from '../database/data-source';
import { repositoriesOf } from '../database/repositories';
import { migrate } from '../database/schema';
import { loadState } from './load';

const RECORDING = join(__dirname, '../../recordings/0.1');

it('the log that release 0.1 wrote is loaded as that release had it: its format is an older one', async () => {
  const postgres = await TestPostgres.start();
  const url = await postgres.database('log');
  const dataSource = await makeDataSource(url).initialize();
  await migrate(dataSource);
  const log = repositoriesOf(dataSource);
  await log.partitions.makeRoom(0, 10_000, 10_000);
  const client = new Client({ connectionString: url });
  await client.connect();
  // It did not know who vouched for a sender yet.
  const columns = EVENT_COLUMNS.filter((column) => column !== 'via').join(', ');
  const lines = client.query(copyFrom(`copy events (${columns}) from stdin`));
  await pipeline(createReadStream(`${RECORDING}.tsv.gz`), createGunzip(), lines);
  const { state } = await loadState(log);
  expect(hashCluster(state)).toBe(readFileSync(`${RECORDING}.hash`, 'utf8').trim());
  await client.end();
  await dataSource.destroy();
  await postgres.stop();
});
