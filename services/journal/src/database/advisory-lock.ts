/** The advisory lock that the active journal's session holds; Postgres frees it the moment that session dies. */
export const LEASE_LOCK: readonly [number, number] = [0x5348, 1];

/** Of the sessions that hold the lock or wait for it, in this database; parameters 1 and 2 are the lock. */
export const LEASE_LOCKS = `pg_locks l
 where l.locktype = 'advisory' and l.classid = $1 and l.objid = $2
   and l.database = (select oid from pg_database where datname = current_database())`;
