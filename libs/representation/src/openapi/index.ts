export * from './protobuf';
export * from './v2';
export * from './v3';
