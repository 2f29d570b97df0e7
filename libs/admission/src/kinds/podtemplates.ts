import { dnsSubdomain, sameJson } from '@shiplog/apimachinery';
import { defaultPodTemplate, validatePodTemplate } from '../pods/template';
import { templateWarnings } from '../workloads/warnings';
import { defineKind } from './kind';

export const podTemplates = defineKind<'podtemplates'>({
  resource: 'podtemplates',
  name: dnsSubdomain,
  generation: 'content',
  defaults(draft) {
    defaultPodTemplate((draft.template ??= {}));
  },
  validate({ template = {} }, problems, _ctx, before) {
    // An unchanged template was valid when it came in, and stricter rules of today must not lock its labels.
    if (!sameJson(template, before?.template)) validatePodTemplate(template, 'template', problems);
  },
  warnings: (object, before) => templateWarnings(object, before, object.template, 'template'),
});
