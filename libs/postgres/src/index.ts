export * from './binaries';
export * from './unprivileged';
