export * from './authorise';
export { accessOf } from './node-access';
export * from './queries';
