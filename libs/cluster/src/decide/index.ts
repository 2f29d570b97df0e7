export { decide } from './decide';
export { chooseForDeletion, decideDeletionOf, type ChosenForDeletion } from './delete';
export { nodeOf } from './event';
export { NAMING_RULES, type NamingRule } from './naming-rules';
export { replyOf, resultOf } from './reply';
export type { Decided, ItemDraft, NewEvent, ReplyDraft, CommandMetadata } from './types';
