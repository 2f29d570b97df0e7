import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

/** A connection of the pool. */
export interface BorrowedClient {
  readonly client: PoolClient;
  /** One whose work is not finished can't do other work: it is ended. */
  giveBack(how: 'finished' | 'unfinished'): Promise<void>;
}

/** Borrows a connection for COPY, which TypeORM does not know. */
export async function borrowClient(dataSource: DataSource): Promise<BorrowedClient> {
  const runner = dataSource.createQueryRunner();
  const client = (await runner.connect()) as PoolClient & { end(): Promise<void> };
  return {
    client,
    giveBack: async (how) => {
      if (how === 'unfinished') await client.end();
      await runner.release();
    },
  };
}
