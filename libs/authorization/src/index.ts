export * from './access';
export * from './aggregation';
export * from './defaults/bindings';
export * from './defaults/roles';
export * from './denial';
export * from './escalation';
export * from './rights';
export * from './subjects';
