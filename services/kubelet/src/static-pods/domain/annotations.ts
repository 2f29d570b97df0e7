export { MIRROR_ANNOTATION as MIRROR } from '@shiplog/contracts';

export const HASH = 'kubernetes.io/config.hash';
export const SEEN = 'kubernetes.io/config.seen';
export const SOURCE = 'kubernetes.io/config.source';
