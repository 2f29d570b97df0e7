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

/** What a server needs to speak TLS, from the texts of its certificate chain and key. Throws when they don't match. */
export function secureContext([cert = '', key = '']: readonly string[]): SecureContextOptions {
  const options = { ...PROTOCOL, cert, key };
  createSecureContext(options);
  return options;
}

/** The server's certificate and key: `onChange` gets what replaces them when the files change. */
export function certificateFiles(
  { tlsCertFile, tlsKeyFile }: ApiConfig,
  logger: Logger,
  onChange?: (context: SecureContextOptions) => void,
): ReloadedFiles<SecureContextOptions> {
  return new ReloadedFiles({
    name: 'the certificate and its key (TLS_CERT_FILE, TLS_KEY_FILE)',
    paths: [tlsCertFile, tlsKeyFile],
    parse: secureContext,
    logger,
    onChange,
  });
}
