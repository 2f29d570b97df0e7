export * from './health';
export * from './leadership';
export * from './logging';
export * from './module';
export * from './run';
export * from './settings';
