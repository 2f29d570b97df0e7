import {
  readAuthority,
  readRequest,
  RequestRejected,
  signRequest,
  REQUEST_USAGES,
  type CertificatePair,
} from '@shiplog/pki';
import { ConfigError } from '@shiplog/service';
import type { CertificateSigner } from '../controllers/certificates/controller';
import type { ControllerConfig } from '../settings';

/** The authority of the api's clients, if this controller has its key. Throws a ConfigError when what it has can't be used. */
export function certificateAuthority(config: ControllerConfig): CertificateSigner | undefined {
  const { signingCertFile: certificate, signingKeyFile: key } = config;
  if (certificate === undefined || key === undefined) return undefined;
  const authority = usable(certificate, key);
  return {
    longestSeconds: Math.floor(config.signingDurationMs / 1000),
    read: (csr) =>
      readRequest(csr).catch((error: unknown) => {
        if (error instanceof RequestRejected) return { problem: error.message };
        throw error;
      }),
    sign: (csr, usages, seconds) => {
      const from = Date.now();
      // Signers let no other pass.
      const known = REQUEST_USAGES.filter((usage) => usages.includes(usage));
      return signRequest(authority, csr, { usages: known, from, to: from + seconds * 1000 });
    },
  };
}

function usable(certificate: string, key: string): CertificatePair {
  try {
    return readAuthority({ certificate, key }, Date.now());
  } catch (error) {
    throw new ConfigError(`CLUSTER_SIGNING_CERT_FILE and CLUSTER_SIGNING_KEY_FILE can't be used: ${String(error)}`);
  }
}
