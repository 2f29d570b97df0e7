export * from './bus';
export * from './cloud-events';
export * from './errors';
export * from './json';
export * from './request';
export { type StreamHandler, type StreamSink } from './streams';
export * from './transport';
