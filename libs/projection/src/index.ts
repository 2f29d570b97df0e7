export type { Accept } from './acceptance';
export type { AppliedListener, ProjectionOptions, ReloadedListener } from './options';
export * from './projection';
export { belongsTo } from './difference';
