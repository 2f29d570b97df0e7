export type { Accept } from './acceptance';
export * from './projection';
export { belongsTo } from './difference';
