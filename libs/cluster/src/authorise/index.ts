export * from './authorise';
export { accessOf } from './node-access';
export { happenedSince, isMadeSince, principalReadsSince, readableSince } from './past';
export * from './queries';
