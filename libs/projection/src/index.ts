export type { Accept } from './acceptance';
export type { ProjectionOptions } from './options';
export * from './projection';
export { belongsTo } from './difference';
