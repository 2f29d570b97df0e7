export * from './authorise';
export * from './queries';
