/** Opening houses: status, surge beds and hours, each put back by itself, and nobody put out. */
import { isDeepStrictEqual } from 'node:util';
import { Problem } from '../../shared/problems.ts';
import { availability, bedsNow, placesOf, type ShelterRow, totalBeds } from '../../shared/shelters.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import type { Context } from '../context.ts';
import { type ShelterChange, writeShelter } from '../shelters/commands.ts';
import { type CountedHold, countedHolds } from '../shelters/queries-holds.ts';
import { lockShelterRow, shelterRows, temporaryShelterIds } from '../shelters/queries.ts';
import { raiseTasks } from '../tasks/commands.ts';
import type { Laid, Step } from './queries-steps.ts';
import { lay, takeOut } from './steps-laid.ts';
import { type Handler, some } from './steps-outcome.ts';

/** Staff say 'full' as the night goes; whether a house was opened does not depend on it. */
const openOf = ({ status }: ShelterRow): boolean => status !== 'closed';
const nameOf = (id: string, field: 'open' | 'surge' | 'opening'): string => `shelter:${id}:${field}`;

/** Houses of the step's station, locked one after the other by id; those that are not there (any more) are left out. */
async function lockHouses(ctx: Context, step: Step, ids: readonly string[]): Promise<ShelterRow[]> {
  const there: string[] = [];
  for (const id of [...new Set(ids)].sort()) if (await lockShelterRow(ctx.db, step.stationId, id)) there.push(id);
  const found = new Map((await shelterRows(ctx.db, there)).map((house) => [house.id, house]));
  return there.flatMap((id) => found.get(id) ?? []);
}

const bedsOpen = (house: ShelterRow): number => (openOf(house) ? totalBeds(bedsNow(house)) : 0);

interface Back {
  change: ShelterChange;
  /** people for whom it, or its surge, stays as it is */
  left: number;
  /** 1 when somebody has changed its hours since */
  kept: number;
}
/** How a house is put back as far as nobody in it, or on the way to it, loses their place. */
function backOf(house: ShelterRow, holds: readonly CountedHold[], laid: ReadonlyMap<string, Laid>, now: Date): Back {
  const back: Back = { change: {}, left: 0, kept: 0 };
  const { occupied, held, seats } = availability(house, holds, now);
  if (laid.get(nameOf(house.id, 'open'))?.found === false && openOf(house)) {
    const people = occupied + held + seats.occupied + seats.held;
    if (people > 0) back.left = people;
    else back.change.status = 'closed';
  }
  if (laid.get(nameOf(house.id, 'surge'))?.found === false && house.surgeOpen) {
    const inSurge = placesOf({ ...house, surgeOpen: false }, holds, 'bed', now).over;
    if (inSurge > 0) back.left = Math.max(back.left, inSurge);
    else back.change.surgeOpen = false;
  }
  const opening = laid.get(nameOf(house.id, 'opening'));
  if (opening && !isDeepStrictEqual(house.opening, opening.found)) {
    if (isDeepStrictEqual(house.opening, opening.set)) back.change.opening = opening.found as ShelterRow['opening'];
    else back.kept = 1;
  }
  return back;
}

export const openShelters: Handler<'open_shelters'> = {
  async do(ctx, step, { shelters, surge, opening }) {
    const ids = shelters === 'all' ? await temporaryShelterIds(ctx.db, step.stationId) : shelters;
    const houses = await lockHouses(ctx, step, ids);
    if (ids.length > 0 && houses.length === 0) throw new Problem('not_found');
    const laid: Pick<Laid, 'of' | 'found' | 'set'>[] = [];
    const result = { shelters: 0, beds: 0, ...some({ missing: new Set(ids).size - houses.length }) };
    for (const house of houses) {
      const change: ShelterChange = {};
      laid.push({ of: nameOf(house.id, 'open'), found: openOf(house), set: true });
      if (!openOf(house)) change.status = 'open';
      if (surge && totalBeds(house.surgeBeds) > 0) {
        laid.push({ of: nameOf(house.id, 'surge'), found: house.surgeOpen, set: true });
        if (!house.surgeOpen) change.surgeOpen = true;
      }
      if (opening) {
        laid.push({ of: nameOf(house.id, 'opening'), found: house.opening, set: opening });
        if (!isDeepStrictEqual(house.opening, opening)) change.opening = opening;
      }
      if (Object.keys(change).length === 0) continue;
      const changed = await writeShelter(ctx, house, change);
      result.shelters += 1;
      result.beds += bedsOpen(changed) - bedsOpen(house);
    }
    return { state: 'done', result, before: await lay(ctx, step, laid) };
  },

  async undo(ctx, step) {
    const ids = (step.before ?? []).map(({ of }) => of.split(':')[1] ?? '');
    const houses = await lockHouses(ctx, step, ids);
    const laid = new Map((await takeOut(ctx, step)).map((each) => [each.of, each]));
    const now = ctx.now();
    const holds = await countedHolds(
      ctx.db,
      houses.map(({ id }) => id),
      now,
    );
    const result = { kept: 0, left: 0, people: 0 };
    const handed: Pick<TaskRow, 'stationId' | 'kind' | 'subject'>[] = [];
    for (const house of houses) {
      const { change, left, kept } = backOf(
        house,
        holds.filter(({ shelterId }) => shelterId === house.id),
        laid,
        now,
      );
      if (Object.keys(change).length > 0) await writeShelter(ctx, house, change);
      result.kept += kept;
      if (left === 0) continue;
      result.left += 1;
      result.people += left;
      const { planId, activationId } = step;
      const subject = { planId, activationId, shelterId: house.id, people: left };
      handed.push({ stationId: house.stationId, kind: 'plan_left', subject });
    }
    return { state: 'done', result: some(result), tasks: handed.length > 0 ? await raiseTasks(ctx, handed) : [] };
  },
};
