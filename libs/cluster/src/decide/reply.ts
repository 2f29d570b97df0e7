import type { CommandReply, ItemResult } from '@shiplog/contracts';
import type { ItemDraft, ReplyDraft } from './types';

/** The answer, once the command's events have their places: `count` of them from `first` on. */
export function replyOf(draft: ReplyDraft, first: number, count: number): CommandReply {
  const { key, uid, object, items } = draft;
  return {
    ok: true,
    position: count === 0 ? draft.position : first + count - 1,
    key,
    uid,
    events: count,
    object,
    results: items?.map((item) => resultOf(item, first)),
  };
}

/** What became of one item, once the events have their places. */
export function resultOf(item: ItemDraft, first: number): ItemResult {
  switch (item.kind) {
    case 'event':
      return { ok: true, position: first + item.index };
    case 'unchanged':
      return { ok: true, position: item.position };
    case 'refused':
      return { ok: false, status: item.status };
  }
}
