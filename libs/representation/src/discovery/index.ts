export * from './documents';
export * from './served';
