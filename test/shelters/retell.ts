/** The story of one house, told again from its facts by the plainest means. */
import type { Knex } from 'knex';
import { expect } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { availability, type HoldRow, noBeds, placeUnits, type ShelterRow } from '../../shared/shelters.ts';
import type { StayRow } from '../../shared/stays.ts';

/** Tells the whole story again, in the order in which it was committed: only a smaller house ever leaves more taken than there is. */
export async function retell(db: Knex, id: string, from: number): Promise<number> {
  const facts = await rows<{
    type: string;
    rows: { shelters?: ShelterRow[]; holds?: HoldRow[]; stays?: StayRow[] };
  }>(db, `select type, payload -> 'rows' as rows from events where seq > :from order by seq`, {
    from,
  });
  let house: ShelterRow | undefined;
  let time = 0;
  const holds = new Map<string, HoldRow>();
  const stays = new Map<string, StayRow>();
  const over = (): number[] => {
    if (!house) return [];
    const occupied = { bed: noBeds(), seat: noBeds() };
    for (const { unit, kind, people, leftAt } of stays.values()) if (leftAt === null) occupied[unit][kind] += people;
    const counted = { ...house, occupiedBeds: occupied.bed, occupiedSeats: occupied.seat };
    return (['any', 'women'] as const).flatMap((kind) =>
      placeUnits.map((unit) => {
        const only = [...holds.values()].filter((hold) => hold.kind === kind && hold.unit === unit);
        const places = availability({ ...counted, status: 'open' }, only, new Date(time));
        const { capacity } = unit === 'bed' ? places : places.seats;
        const held = unit === 'bed' ? places.held : places.seats.held;
        return Math.max(0, occupied[unit][kind] + held - capacity[kind]);
      }),
    );
  };
  let told = 0;
  for (const fact of facts) {
    const shelter = fact.rows.shelters?.find((each) => each.id === id);
    const changed = (fact.rows.holds ?? []).filter((each) => each.shelterId === id);
    const stay = fact.rows.stays?.find((each) => each.shelterId === id);
    if (!shelter && changed.length === 0 && !stay) continue;
    told += 1;
    const judgedAt =
      fact.type === 'hold.made' ? changed[0]?.createdAt : fact.type === 'stay.started' ? stay?.arrivedAt : null;
    // a hold that somebody came with stood when that was judged
    if (!changed.some(({ status }) => status === 'used'))
      time = Math.max(time, Date.parse(judgedAt ?? '1970-01-01T00:00:00Z'));
    const before = over();
    if (shelter) house = shelter;
    for (const hold of changed) holds.set(hold.id, hold);
    if (stay) stays.set(stay.id, stay);
    if (!fact.type.startsWith('shelter.'))
      over().forEach((many, n) => {
        expect(many, `${fact.type}, fact ${String(told)}`).toBeLessThanOrEqual(before[n] ?? 0);
      });
  }
  return told;
}
