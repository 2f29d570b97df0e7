import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY_MS, expiryOf, isFor, readPair } from '@shiplog/pki';
import { LauncherFailure } from '../failure';
import { Home } from '../home';
import { HomePki, renewHourly } from './home-pki';

const START = Date.now();
const SERVER = { commonName: 'shiplog-api', names: ['localhost', '10.96.0.1'], usage: ['server' as const] };
const CLIENT = { commonName: 'journal', usage: ['client' as const] };

describe('the certificates of a home', () => {
  let home: Home;
  let now: number;
  /** A launcher that has just started. */
  const started = () => new HomePki(home, () => now);
  const at = (file: string) => home.at('pki', file);
  const text = (file: string) => readFileSync(at(file), 'utf8');
  const failure = async (act: Promise<unknown>): Promise<LauncherFailure> => {
    const error: unknown = await act.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(LauncherFailure);
    return error as LauncherFailure;
  };

  beforeEach(() => {
    now = START;
    home = new Home(mkdtempSync(join(tmpdir(), 'shiplog-home-')));
  });
  afterEach(() => rmSync(home.folder, { recursive: true }));

  it('are made at first use, and stay as they are', async () => {
    const kept = await started().kept('server', SERVER);
    expect(kept).toEqual({ certificate: at('server.crt'), key: at('server.key'), authority: at('ca.crt') });
    expect(readdirSync(at('.')).sort()).toEqual(['ca.crt', 'ca.key', 'server.crt', 'server.key']);
    expect(statSync(at('.')).mode & 0o777).toBe(0o700);
    const before = ['ca.crt', 'ca.key', 'server.crt', 'server.key'].map(text);
    now += DAY_MS;
    await started().kept('server', SERVER);
    expect(['ca.crt', 'ca.key', 'server.crt', 'server.key'].map(text)).toEqual(before);
  });

  it('come from one authority, also when several are asked for at once', async () => {
    const pki = started();
    await Promise.all(['journal', 'api', 'scheduler'].map((name) => pki.kept(name, { ...CLIENT, commonName: name })));
    for (const name of ['journal', 'api', 'scheduler']) {
      const paths = { certificate: at(`${name}.crt`), key: at(`${name}.key`) };
      expect(readPair(paths, { authority: text('ca.crt'), now }).certificate).toContain('CERTIFICATE');
    }
  });

  it.each([
    ['is due', 61, SERVER],
    ['has expired', 100, SERVER],
    ['lacks a name', 0, { ...SERVER, names: [...SERVER.names, '172.30.1.1'] }],
    ['has another use', 0, { ...SERVER, usage: ['client' as const] }],
  ])('one that %s is renewed at a start', async (_, days, bearer) => {
    await started().kept('server', SERVER);
    const before = text('server.crt');
    now += days * DAY_MS;
    await started().kept('server', bearer);
    expect(text('server.crt')).not.toBe(before);
    expect(isFor(text('server.crt'), bearer)).toBe(true);
    expect(Math.round((expiryOf(text('server.crt')) - now) / DAY_MS)).toBe(90);
  });

  it('one of which a file was taken away is made again', async () => {
    await started().kept('server', SERVER);
    rmSync(at('server.crt'));
    await started().kept('server', SERVER);
    expect(isFor(text('server.crt'), SERVER)).toBe(true);
  });

  it('what is due while the launcher runs is renewed, and who wants to know is told', async () => {
    const pki = started();
    const told: (readonly string[])[] = [];
    pki.onRenewed((names) => void told.push(names));
    await pki.kept('server', SERVER);
    now += 30 * DAY_MS;
    await pki.kept('journal', CLIENT);
    expect(await pki.renewDue()).toEqual([]);
    now += 31 * DAY_MS;
    expect(await pki.renewDue()).toEqual(['shiplog-api']);
    expect(await pki.renewDue()).toEqual([]);
    expect(told).toEqual([['shiplog-api']]);
  });

  it('what was renewed is told also when the next can’t be', async () => {
    const pki = started();
    const told: (readonly string[])[] = [];
    pki.onRenewed((names) => void told.push(names));
    await pki.kept('shiplog-api', SERVER);
    await pki.kept('journal', CLIENT);
    writeFileSync(at('journal.key'), 'garbage');
    now += 61 * DAY_MS;
    await failure(pki.renewDue());
    expect(told).toEqual([['shiplog-api']]);
  });

  it('a home of before keeps its RSA authority, and gets a short-lived certificate', async () => {
    makeOldHome(at('.'));
    now = Date.now() + 60_000;
    const [authority, key] = [text('ca.crt'), text('ca.key')];
    await started().kept('server', SERVER);
    expect([text('ca.crt'), text('ca.key')]).toEqual([authority, key]);
    const certificate = new X509Certificate(text('server.crt'));
    expect(certificate.verify(new X509Certificate(authority).publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(text('server.key')))).toBe(true);
    expect(expiryOf(text('server.crt'))).toBeLessThan(now + 91 * DAY_MS);
    execFileSync('openssl', ['verify', '-purpose', 'sslserver', '-CAfile', at('ca.crt'), at('server.crt')]);
  });

  describe('that can’t be used', () => {
    beforeEach(async () => {
      await started().kept('server', SERVER);
    });
    const repair = (fix: string) => execFileSync('sh', ['-c', fix.replace(/ && npm start$/, '')]);

    it.each(['server.crt', 'server.key'])('are said, with the line that mends it: %s', async (file) => {
      writeFileSync(at(file), 'garbage');
      const found = await failure(started().kept('server', SERVER));
      expect(found.message).toContain(`A kept certificate can't be used: ${at(file)} is not a`);
      expect(found.fix).toBe(`rm ${at('server.crt')} ${at('server.key')} && npm start`);
      repair(found.fix);
      await started().kept('server', SERVER);
    });

    it.each(['ca.crt', 'ca.key'])('are said when it is the authority: %s', async (file) => {
      writeFileSync(at(file), 'garbage');
      const found = await failure(started().authority());
      expect(found.message).toContain(`The cluster's certificate authority can't be used: ${at(file)} is not a`);
      expect(found.fix).toBe(`rm -r ${at('')} && npm start`.replace('/ ', ' '));
      repair(found.fix);
      await started().kept('server', SERVER);
    });

    it('the authority is not made anew because its key is missing', async () => {
      rmSync(at('ca.key'));
      expect((await failure(started().authority())).message).toContain(`${at('ca.key')} is missing`);
    });

    it('an authority of the future is the clock’s fault', async () => {
      now -= DAY_MS;
      expect((await failure(started().authority())).fix).toBe("set this machine's clock");
    });

    it('an expired authority is said', async () => {
      now += 3651 * DAY_MS;
      expect((await failure(started().authority())).message).toContain(`${at('ca.crt')} expired at`);
    });
  });
});

describe('the hourly look', () => {
  const HOUR_MS = 3_600_000;
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('tells what was renewed and what failed, and goes on', async () => {
    const pki = new HomePki(new Home('/nowhere'));
    const renewDue = jest.spyOn(pki, 'renewDue');
    renewDue.mockResolvedValueOnce([]).mockRejectedValueOnce(new Error('disk is full')).mockResolvedValue(['server']);
    const told: string[] = [];
    renewHourly(pki, (sentence) => void told.push(sentence));
    await jest.advanceTimersByTimeAsync(3 * HOUR_MS);
    expect(told).toEqual(['certificates could not be renewed: disk is full', 'renewed the certificates of server']);
  });
});

/** As the launcher of before made it: RSA keys, ten years. */
function makeOldHome(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const openssl = (line: string): Buffer => execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'pipe' });
  const names = SERVER.names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`));
  openssl('req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 3650 -subj /CN=shiplog-ca');
  openssl('req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=shiplog-api');
  writeFileSync(join(folder, 'names'), `subjectAltName=${names.join()}\nextendedKeyUsage=serverAuth\n`);
  openssl('x509 -req -in server.csr -CA ca.crt -CAkey ca.key -out server.crt -days 3650 -extfile names');
}
