// The flood, in a process of its own: what it costs to send is not what is measured. The parent sends its settings once; it says
// `ready` when its connections are open, begins when it hears `go`, and answers with a count for each code, and how long each
// request took.
import { Pool } from 'undici';

const TICK_MS = 10;

process.once('message', async ({ url, ca, path, headers, connections, perSecond, seconds }) => {
  const pool = new Pool(url, { connections, connect: { ca }, headersTimeout: 60_000 });
  const ask = async (options) => {
    const { statusCode, body } = await pool.request(options);
    await body.dump();
    return statusCode;
  };
  await Promise.all(Array.from({ length: connections }, () => ask({ method: 'GET', path: '/version' })));
  const codes = {};
  const taken = [];
  const create = async (n) => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `flood-${n}` } };
    const begun = performance.now();
    const code = await ask({ method: 'POST', path, headers, body: JSON.stringify(object) });
    codes[code] = (codes[code] ?? 0) + 1;
    taken.push(performance.now() - begun);
  };
  process.once('message', async () => {
    const asked = [];
    const begun = performance.now();
    for (let now = 0; now < seconds * 1_000; now = performance.now() - begun) {
      const due = Math.floor((now / 1_000) * perSecond);
      while (asked.length < due) asked.push(create(asked.length));
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    await Promise.all(asked);
    process.send({ codes, taken }, () => process.exit(0));
  });
  process.send('ready');
});
