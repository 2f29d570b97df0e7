import { dnsSubdomain } from '@shiplog/apimachinery';
import { defineKind } from './kind';

export const serviceAccounts = defineKind<'serviceaccounts'>({
  resource: 'serviceaccounts',
  name: dnsSubdomain,
  generation: 'none',
  /** Of its secrets only the names count (cleanSecretReferences in pkg/registry/core/serviceaccount/strategy.go). */
  defaults(draft) {
    if (draft.secrets !== undefined)
      draft.secrets = draft.secrets.map(({ name }) => (name === undefined ? {} : { name }));
  },
});
