import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Logger } from 'pino';
import type { ApiConfig } from '../settings';
import { ReloadedFiles } from '../common/reloaded-files';

/**
 * TLS 1.2 and 1.3 with forward secrecy and authenticated encryption only: no CBC, no RSA key exchange. Every client of
 * Kubernetes speaks one of these (Go offers all of them).
 */
const PROTOCOL: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  honorCipherOrder: true,
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
};

/**
 * What a server needs to speak TLS, from the texts of its certificate chain, its key, and the authority of its clients. Throws when
 * they don't match.
 */
export function secureContext([cert = '', key = '', ca = '']: readonly string[]): SecureContextOptions {
  // Without one, Node would take the authorities of the web for those of clients.
  const options = { ...PROTOCOL, cert, key, ...(ca === '' ? {} : { ca }) };
  createSecureContext(options);
  return options;
}

/** The server's certificate and key: `onChange` gets what replaces them when the files change. */
export function certificateFiles(
  { tlsCertFile, tlsKeyFile, clientCaFile }: ApiConfig,
  logger: Logger,
  onChange?: (context: SecureContextOptions) => void,
): ReloadedFiles<SecureContextOptions> {
  return new ReloadedFiles({
    name: 'the certificate and its key (TLS_CERT_FILE, TLS_KEY_FILE), or the authority of clients (CLIENT_CA_FILE)',
    paths: [tlsCertFile, tlsKeyFile, clientCaFile].filter((path) => path !== ''),
    parse: secureContext,
    logger,
    onChange,
  });
}
