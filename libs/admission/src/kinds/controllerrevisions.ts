import { dnsSubdomain } from '@shiplog/apimachinery';
import { atLeast, immutable } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { defineKind } from './kind';

export const controllerRevisions = defineKind<'controllerrevisions.apps'>({
  resource: 'controllerrevisions.apps',
  name: dnsSubdomain,
  generation: 'none',
  rows: new FieldRules({ data: immutable, revision: atLeast(0) }),
  validate({ data }, problems) {
    if (data === undefined) problems.required('data', 'data is mandatory');
  },
});
