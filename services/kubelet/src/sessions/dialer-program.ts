/**
 * The program that stands in a network namespace, for `node -e`: so it needs no file of its own where the services are built
 * into one. It listens on a Unix socket; each connection begins with a port and the addresses to try, in a line; it is answered
 * with a line (empty, or in Go's words why there is no connection), and is the connection to that port from there on. It ends
 * with its parent: its standard input is a pipe that nobody writes to, and that closes however the parent ends.
 */
export const DIALER_PROGRAM = `
const net = require('node:net');
const reasons = { ECONNREFUSED: 'connection refused', ETIMEDOUT: 'connection timed out', ENETUNREACH: 'network is unreachable' };
const reasonOf = (error, host, port) => 'dial tcp4 ' + host + ':' + port + ': connect: ' + (reasons[error.code] || error.message);
function dial(port, hosts, done) {
  const [host, ...others] = hosts;
  const inner = net.connect({ host, port, allowHalfOpen: true });
  const failed = (error) => (others.length > 0 ? dial(port, others, (_, socket) => done(error, socket)) : done(error));
  inner.once('error', failed);
  inner.once('connect', () => { inner.off('error', failed); done(undefined, inner); });
}
const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: false }, (outer) => {
  let line = '';
  outer.on('error', () => outer.destroy());
  const onData = (chunk) => {
    const end = chunk.indexOf(10);
    line += chunk.subarray(0, end < 0 ? chunk.length : end).toString('latin1');
    if (line.length > 256) return outer.destroy();
    if (end < 0) return;
    outer.off('data', onData);
    outer.pause();
    if (end + 1 < chunk.length) outer.unshift(chunk.subarray(end + 1));
    const [port, ...hosts] = line.split(' ');
    dial(Number(port), hosts, (error, inner) => {
      if (inner === undefined) return outer.end(reasonOf(error, hosts[0], port) + '\\n');
      inner.on('error', () => { inner.destroy(); outer.destroy(); });
      outer.on('close', () => inner.destroy());
      inner.on('close', () => outer.destroySoon());
      outer.write('\\n');
      inner.pipe(outer);
      outer.pipe(inner);
    });
  };
  outer.on('data', onData);
});
process.stdin.resume().on('end', () => process.exit(0)).on('error', () => process.exit(0));
server.listen(process.argv[1], () => process.stdout.write('\\n'));
`;
