export * from './back-off';
export * from './controller';
export * from './work-queue';
