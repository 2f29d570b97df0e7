import { join } from 'node:path';
import type { Upstream } from '@shiplog/testing';

/** Where the server of a database URL is, and the same database by way of a port of this machine. */
export interface PostgresAddress {
  readonly upstream: Upstream;
  urlAt(port: number): string;
}

/** `postgres://user:password@host:port/database`, or without a host and with a socket's folder as `?host=`. */
const URL_PARTS = /^(postgres(?:ql)?:\/\/[^@/]*@)([^/:]*)(?::(\d+))?\/([^?]*)(?:\?host=(.*))?$/;
const DEFAULT_PORT = 5_432;

/** Throws for a URL that is not one of the launcher's. */
export function postgresAddress(url: string): PostgresAddress {
  const [, start = '', host = '', port = String(DEFAULT_PORT), database = '', folder] = URL_PARTS.exec(url) ?? [];
  if (start === '') throw new Error('the URL of the database has no form that is known here');
  const upstream =
    folder === undefined
      ? { host, port: Number(port) }
      : { path: join(decodeURIComponent(folder), `.s.PGSQL.${DEFAULT_PORT}`) };
  return { upstream, urlAt: (through) => `${start}127.0.0.1:${through}/${database}` };
}
