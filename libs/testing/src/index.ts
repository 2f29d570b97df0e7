export * from './eventually';
export * from './namespace';
export * from './nats';
export * from './ports';
export * from './postgres';
export * from './secured-nats';
export * from './serve';
export * from './test-system';
