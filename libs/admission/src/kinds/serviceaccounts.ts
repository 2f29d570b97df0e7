import { dnsSubdomain } from '@shiplog/apimachinery';
import { defineKind } from './kind';

export const serviceAccounts = defineKind<'serviceaccounts'>({
  resource: 'serviceaccounts',
  name: dnsSubdomain,
  generation: 'none',
  unconditionalUpdate: false,
});
