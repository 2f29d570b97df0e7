export * from './controller';
export * from './work-queue';
