import type { PriorityLevelConfiguration } from '@shiplog/contracts';

const OBJECTS_OF_SEAT = 100;
const MOST_SEATS = 10;

/** How much a list takes, by how many objects it may look at; everything else takes one seat. */
export function seatsOfList(objects: number): number {
  return Math.min(MOST_SEATS, Math.max(1, Math.ceil(objects / OBJECTS_OF_SEAT)));
}

/** Of a server's seats, those of each limited level by its name: in proportion to its shares, rounded up. */
export function seatsOfLevels(levels: readonly PriorityLevelConfiguration[], total: number): Map<string, number> {
  const shared = levels.map(({ metadata, spec }) => {
    const { nominalConcurrencyShares = 0 } = (spec?.type === 'Exempt' ? spec.exempt : spec?.limited) ?? {};
    return { name: metadata.name ?? '', shares: nominalConcurrencyShares };
  });
  const sum = shared.reduce((all, { shares }) => all + shares, 0);
  return new Map(shared.map(({ name, shares }) => [name, sum === 0 ? 0 : Math.ceil((total * shares) / sum)]));
}
