export * from './eventually';
export * from './namespace';
export * from './nats';
export * from './ports';
export * from './postgres';
export * from './test-system';
