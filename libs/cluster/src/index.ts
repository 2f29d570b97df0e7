export * from './authorise';
export * from './collection';
export * from './changes';
export * from './fold';
export * from './hash';
export * from './state';
export * from './decide';
