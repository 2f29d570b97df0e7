export * from './discovery';
export * from './duration';
export * from './openapi';
export * from './protobuf';
export * from './tables/table';
