import { hashText } from '@shiplog/apimachinery';

/**
 * The hand of queues that a flow is dealt: the same each time, and seldom the same as another flow's, so that one which fills all of
 * its own leaves others most of theirs.
 */
export function dealHand(flow: string, deck: number, handSize: number): number[] {
  let value = (BigInt(hashText(flow)) << 32n) | BigInt(hashText(`${flow}/hand`));
  const hand: number[] = [];
  for (let dealt = 0; dealt < handSize; dealt++) {
    const left = BigInt(deck - dealt);
    let card = Number(value % left);
    value /= left;
    for (const earlier of hand.toSorted((a, b) => a - b)) if (card >= earlier) card += 1;
    hand.push(card);
  }
  return hand;
}
