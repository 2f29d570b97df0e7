/** Certificates: an authority, what it issues, requests of machines that keep their own keys, and pairs of files. */
export * from './inspect';
export * from './issue';
export { CURVE } from './keys';
export * from './pair-files';
export * from './request';
export * from './sign-request';
export * from './signing-keys';
