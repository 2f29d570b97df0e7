/** Of which static pod a mirror is: the hash of that. */
export const MIRROR = 'kubernetes.io/config.mirror';
export const HASH = 'kubernetes.io/config.hash';
export const SEEN = 'kubernetes.io/config.seen';
export const SOURCE = 'kubernetes.io/config.source';
