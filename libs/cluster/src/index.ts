export * from './authorise';
export * from './collection';
export * from './fold';
export * from './hash';
export * from './merge-patch';
export * from './state';
export * from './decide';
