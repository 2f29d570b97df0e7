import type { Draft } from '../kinds/kind';
import { defaultOf } from './default-class';
import type { AdmissionPlugin } from './plugin';

const INGRESSES = 'ingresses.networking.k8s.io';
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';

/** A new ingress that names no class gets the cluster's default one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  resources: [INGRESSES],
  admit({ object, before, ctx }) {
    const ingress = object as Draft<typeof INGRESSES>;
    const named = ingress.metadata.annotations?.[CLASS_ANNOTATION] ?? ingress.spec?.ingressClassName;
    if (before !== undefined || named !== undefined) return undefined;
    const standard = defaultOf(ctx.state, 'ingressclasses.networking.k8s.io', DEFAULT_CLASS);
    if (standard !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: standard };
    return undefined;
  },
};
