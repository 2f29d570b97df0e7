import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CertificatePair, DAY_MS, issue, makeAuthority } from './issue';
import { type PairPaths, readAuthority, readPair, settlePair, UnusableFile, writePair } from './pair-files';

const NOW = Date.parse('2027-03-04T05:06:07Z');
/** What node-forge made of a serial number whose second byte is small: OpenSSL calls its first zero illegal padding. */
const ILLEGAL_PADDING = Buffer.from('02020012', 'hex');

describe('a kept pair', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-pairs-'));
  const at = (name: string): PairPaths => ({
    certificate: join(folder, `${name}.crt`),
    key: join(folder, `${name}.key`),
  });
  const paths = at('server');
  let authority: CertificatePair;
  let pair: CertificatePair;

  const made = (now = NOW, by = authority) =>
    issue(by, { commonName: 'shiplog-api', names: ['localhost'], usage: ['server'], days: 90, now });
  const read = (now = NOW) => readPair(paths, { authority: authority.certificate, now });
  /** The error that reading ends with. */
  const refusal = (act: () => unknown): UnusableFile => {
    try {
      act();
    } catch (error) {
      if (error instanceof UnusableFile) return error;
      throw error;
    }
    throw new Error('The pair was not refused.');
  };

  beforeAll(async () => {
    authority = await makeAuthority('shiplog-ca', { days: 3650, now: NOW });
    pair = await made();
  });
  beforeEach(() => writePair(paths, pair));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is read as it was written, and nothing else is left', () => {
    expect(read()).toEqual(pair);
    expect(readdirSync(folder).sort()).toEqual(['server.crt', 'server.key']);
  });

  it('has a key for its owner only', () => {
    expect(statSync(paths.key).mode & 0o777).toBe(0o600);
  });

  it('is refused when a file is missing', () => {
    rmSync(paths.key);
    expect(refusal(read)).toMatchObject({ fault: 'missing', message: `${paths.key} is missing` });
  });

  it('is refused when the certificate is garbled', () => {
    writeFileSync(paths.certificate, pair.certificate.slice(0, 200));
    const { fault, message } = refusal(read);
    expect(fault).toBe('unreadable');
    expect(message).toContain(`${paths.certificate} is not a certificate that OpenSSL can read (`);
  });

  it('is refused when the key is garbled', () => {
    writeFileSync(paths.key, 'secret');
    expect(refusal(read)).toMatchObject({ fault: 'unreadable', path: paths.key });
  });

  it('is refused when its serial number has a zero byte too many', async () => {
    const { certificate } = await issue(authority, {
      commonName: 'shiplog-api',
      usage: ['server'],
      days: 90,
      now: NOW,
      serialNumber: Buffer.from('1234', 'hex'),
    });
    const bytes = Buffer.from(certificate.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
    ILLEGAL_PADDING.copy(bytes, bytes.indexOf(Buffer.from('02021234', 'hex')));
    const padded = `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----\n`;
    writeFileSync(paths.certificate, padded);
    expect(refusal(read).message).toContain('illegal padding');
  });

  it('is refused when the key is of another certificate', async () => {
    writeFileSync(paths.key, (await made()).key);
    expect(refusal(read)).toMatchObject({
      fault: 'mismatched',
      message: `${paths.key} is not the key of ${paths.certificate}`,
    });
  });

  it('is refused after its end and before its beginning', () => {
    expect(refusal(() => read(NOW + 90 * DAY_MS))).toMatchObject({
      fault: 'expired',
      message: `${paths.certificate} expired at Jun  2 05:06:07 2027 GMT, and this machine's clock says 2027-06-02T05:06:07.000Z`,
    });
    const early = refusal(() => read(NOW - DAY_MS));
    expect(early.fault).toBe('early');
    expect(early.message).toContain('is valid only from Mar  4 05:01:07 2027 GMT');
  });

  it('is refused when another authority signed it, also one of the same name', async () => {
    const other = await makeAuthority('shiplog-ca', { days: 3650, now: NOW });
    writePair(paths, await made(NOW, other));
    expect(refusal(read)).toMatchObject({
      fault: 'foreign',
      message: `${paths.certificate} is not signed by the authority CN=shiplog-ca`,
    });
  });

  it('an authority is read, and nothing that is none', () => {
    writePair(at('ca'), authority);
    expect(readAuthority(at('ca'), NOW)).toEqual(authority);
    expect(refusal(() => readAuthority(paths, NOW))).toMatchObject({
      fault: 'foreign',
      message: `${paths.certificate} is not the certificate of an authority`,
    });
    expect(refusal(() => readAuthority(at('ca'), NOW + 3650 * DAY_MS)).fault).toBe('expired');
    for (const path of Object.values(at('ca'))) rmSync(path as string);
  });

  describe('whose writer was killed', () => {
    let next: CertificatePair;
    beforeAll(async () => {
      next = await made(NOW + DAY_MS);
    });
    const now = NOW + DAY_MS;
    const settled = () => {
      settlePair(paths);
      const found = read(now);
      expect(existsSync(`${paths.certificate}.new`) || existsSync(`${paths.key}.new`)).toBe(false);
      return found;
    };

    it('before a file was in place stays as it was', () => {
      writeFileSync(`${paths.key}.new`, next.key);
      expect(settled()).toEqual(pair);
      writeFileSync(`${paths.key}.new`, next.key);
      writeFileSync(`${paths.certificate}.new`, next.certificate.slice(0, 100));
      expect(settled()).toEqual(pair);
    });

    it('after the key was in place becomes the new one', () => {
      writeFileSync(paths.key, next.key);
      writeFileSync(`${paths.certificate}.new`, next.certificate);
      expect(refusal(() => read(now)).fault).toBe('mismatched');
      expect(settled()).toEqual(next);
    });

    it('is written again over what was left', () => {
      writeFileSync(`${paths.key}.new`, 'half');
      writePair(paths, next);
      expect(settled()).toEqual(next);
      expect(readFileSync(paths.key, 'utf8')).toBe(next.key);
    });
  });
});
