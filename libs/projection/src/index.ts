export * from './projection';
export { belongsTo } from './difference';
