import { SETTLED, type Controller } from '../../runtime/domain/controller';
import { decideSigning, failed, isOpen, REQUESTS, signed, type ReadRequest } from './decide';

/** Who has the key of the authority. */
export interface CertificateSigner {
  /** How long a certificate is good, in seconds, that asks for no less. */
  readonly longestSeconds: number;
  read(csr: string): Promise<ReadRequest>;
  /** The certificate, PEM. */
  sign(csr: string, usages: readonly string[], seconds: number): Promise<string>;
}

/** Signs requests that were approved. Keys: their names. */
export function certificateController(signer: CertificateSigner): Controller {
  return {
    name: 'certificate-signing',
    watches: { [REQUESTS]: ({ after }) => (after === undefined || !isOpen(after) ? [] : [after.metadata.name]) },
    allKeys: (state) => state.list(REQUESTS).map(({ metadata }) => metadata.name),
    async reconcile(key, { state, observe }) {
      const request = state.get(REQUESTS, '', key);
      if (request === undefined || !isOpen(request)) return SETTLED;
      const csr = Buffer.from(request.spec.request, 'base64').toString('latin1');
      const decision = decideSigning(request, await signer.read(csr), signer.longestSeconds);
      switch (decision.kind) {
        case 'none':
          return SETTLED;
        case 'failed':
          return failed(request, decision.message);
        case 'sign': {
          const sign = () => signer.sign(csr, request.spec.usages ?? [], decision.seconds);
          // No two signatures are the same.
          return signed(request, await observe('certificate', sign));
        }
      }
    },
  };
}
