export * from './authorise';
export * from './collection';
export * from './diff-patch';
export * from './fold';
export * from './hash';
export * from './state';
export * from './decide';
