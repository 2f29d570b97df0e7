export { decide } from './decide';
export { nodeOf } from './event';
export { NAMING_RULES, type NamingRule } from './naming-rules';
export { replyOf } from './reply';
export type { Decided, ItemDraft, NewEvent, ReplyDraft, Stamp } from './types';
