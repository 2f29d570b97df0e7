import { postgresAddress } from './postgres-address';

describe('the address of a Postgres', () => {
  it('is a port, or a socket in a folder; either way the database is reached by another port', () => {
    const tcp = postgresAddress('postgres://me:p%40ss@127.0.0.1:5470/shiplog');
    expect(tcp.upstream).toEqual({ host: '127.0.0.1', port: 5470 });
    expect(tcp.urlAt(1)).toBe('postgres://me:p%40ss@127.0.0.1:1/shiplog');
    const socket = postgresAddress('postgres://me:secret@/shiplog?host=/run/a%20b/postgres');
    expect(socket.upstream).toEqual({ path: '/run/a b/postgres/.s.PGSQL.5432' });
    expect(socket.urlAt(2)).toBe('postgres://me:secret@127.0.0.1:2/shiplog');
  });

  it('of another form is refused', () => {
    expect(() => postgresAddress('mysql://me@host/x')).toThrow('no form that is known');
  });
});
