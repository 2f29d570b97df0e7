export * from './discovery';
export * from './duration';
export * from './openapi';
export * from './tables/table';
