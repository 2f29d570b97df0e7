export { withAdmission } from './admission';
export { nodeOf } from './change';
export { decide } from './decide';
export {
  contextOf,
  replyOf,
  resultOf,
  type CommandMetadata,
  type Decided,
  type ItemDraft,
  type NewEvent,
  type ReplyDraft,
} from './decision';
export { chooseForDeletion, decideDeletionOf, type ChosenForDeletion } from './deletion';
export { mayMakeObject } from './objects';
export { NAMING_RULES, type NamingRule } from './naming';
export { withQuotaUsage } from './quotas';
export { withReconciliation } from './reconciliation';
