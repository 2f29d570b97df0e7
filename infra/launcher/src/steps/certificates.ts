import { randomBytes, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import forge from 'node-forge';
import { stringify } from 'yaml';
import type { Cluster, Step } from '../cluster';
import { keepToken } from './tokens';

const TEN_YEARS_MS = 10 * 365 * 24 * 3600 * 1000;

/** Certificate authority, the API server's certificate, an administrator's token, and the kubeconfig that holds them. */
export const certificates: Step = {
  title: 'Certificates and kubeconfig',
  async run(cluster) {
    const { home } = cluster;
    const ca = keptPair(cluster, 'ca', () => makeCertificate('shiplog-ca'));
    keptPair(cluster, 'server', () => makeCertificate('shiplog-api', { ca, names: serverNames(cluster) }));
    const token = home.secret('admin-token');
    keepToken(home.tokens, `${token},admin,admin,"system:masters"`);
    writeFileSync(home.kubeconfig, kubeconfig(cluster.apiUrl, ca.certificate, token), { mode: 0o600 });
    return home.kubeconfig;
  },
};

interface Pair {
  certificate: string;
  key: string;
}

/** Reads a certificate with its key, or makes and keeps them. */
function keptPair(cluster: Cluster, name: string, make: () => Pair): Pair {
  const certificatePath = cluster.home.at('pki', `${name}.crt`);
  const keyPath = cluster.home.at('pki', `${name}.key`);
  if (existsSync(certificatePath) && existsSync(keyPath)) {
    return { certificate: readFileSync(certificatePath, 'utf8'), key: readFileSync(keyPath, 'utf8') };
  }
  const pair = make();
  mkdirSync(cluster.home.at('pki'), { recursive: true, mode: 0o700 });
  writeFileSync(keyPath, pair.key, { mode: 0o600 });
  writeFileSync(certificatePath, pair.certificate);
  return pair;
}

/** Every name under which the API is called: from this machine, from minions, and from pods. */
function serverNames(cluster: Cluster): string[] {
  const serviceIp = cluster.layout.serviceCidr.replace(/0\/\d+$/, '1');
  const service = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  return ['localhost', ...service, '127.0.0.1', cluster.layout.hostAddress, serviceIp];
}

function makeCertificate(commonName: string, signed?: { ca: Pair; names: string[] }): Pair {
  // Node makes the keys: in pure JavaScript that takes seconds.
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  // A leading zero keeps the serial number positive.
  certificate.serialNumber = `00${randomBytes(12).toString('hex')}`;
  certificate.validity.notBefore = new Date(Date.now() - 3600 * 1000);
  certificate.validity.notAfter = new Date(Date.now() + TEN_YEARS_MS);
  certificate.setSubject([{ name: 'commonName', value: commonName }]);
  const issuer = signed === undefined ? certificate : forge.pki.certificateFromPem(signed.ca.certificate);
  certificate.setIssuer(issuer.subject.attributes);
  certificate.setExtensions(signed === undefined ? authorityExtensions : serverExtensions(signed.names));
  certificate.sign(forge.pki.privateKeyFromPem(signed?.ca.key ?? privateKey), forge.md.sha256.create());
  return { certificate: forge.pki.certificateToPem(certificate), key: privateKey };
}

const authorityExtensions = [
  { name: 'basicConstraints', cA: true, critical: true },
  { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
  { name: 'subjectKeyIdentifier' },
];

function serverExtensions(names: readonly string[]) {
  const altNames = names.map((name) => (/^[\d.]+$/.test(name) ? { type: 7, ip: name } : { type: 2, value: name }));
  return [
    { name: 'basicConstraints', cA: false },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames },
  ];
}

/** What kubectl reads to reach the cluster as its administrator. */
function kubeconfig(server: string, ca: string, token: string): string {
  const authority = Buffer.from(ca).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'shiplog', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'shiplog', context: { cluster: 'shiplog', user: 'admin' } }],
    'current-context': 'shiplog',
  });
}
