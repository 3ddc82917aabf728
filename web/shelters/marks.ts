/** What else there is to know of a house beside its free beds, in words. */
import type { OpenState } from '../../shared/opening.ts';
import { type Availability, type Freshness, type ShelterRow, totalBeds } from '../../shared/shelters.ts';
import { age, moment } from '../ui/format.ts';
import type { Look } from '../ui/statuses.ts';
import { t } from '../ui/words.ts';
import type { ShelterOnMap } from './layer.ts';

interface Line {
  row: ShelterRow;
  beds: Availability;
  hours: OpenState;
}

/** When it opens or closes by its hours; null where none are set or nothing changes for days. */
function hoursWords({ row, hours }: Line, now: Date): string | null {
  if (row.opening.length === 0) return null;
  if (hours.changesAt === null) return hours.open ? null : t('shelter.outside_hours');
  return t(hours.open ? 'house.hours.open_until' : 'house.hours.shut_until', { time: moment(hours.changesAt, now) });
}
export const overLook: Look = { shape: 'octagon', tone: 'danger', word: 'shelter.over' };
/** People beyond the places there are, after a house was made smaller. */
export const overOf = ({ beds }: Pick<Line, 'beds'>): number => beds.over + beds.seats.over;
/** A house as a sign on the map: free beds, or seats where it has no bed. */
export function onMap(line: Line): ShelterOnMap {
  const { row, beds, hours } = line;
  const seatsAlone = beds.capacity.total === 0 && beds.seats.capacity.total > 0;
  return {
    row,
    free: seatsAlone ? beds.seats.available.total : beds.available.total,
    unit: seatsAlone ? 'seat' : 'bed',
    over: overOf(line),
    openNow: hours.open,
  };
}
/** What a screen reader says of the sign. */
export const titleOf = ({ row, free, unit, over, openNow }: ShelterOnMap): string =>
  [
    row.name,
    t(`shelter.status.${row.status}`),
    ...(openNow ? [] : [t('shelter.outside_hours')]),
    t(unit === 'bed' ? 'shelter.free_now' : 'house.seats.free', { count: free }),
    ...(over > 0 ? [t('shelter.over', { count: over })] : []),
  ].join(', ');
/** Seats, surge beds that are open or could be, and hours. */
export function marksOf(line: Line, now: Date): string[] {
  const { row, beds } = line;
  const seats = beds.seats;
  const surge = totalBeds(row.surgeBeds);
  const hours = hoursWords(line, now);
  return [
    ...(seats.capacity.total + seats.occupied > 0
      ? [t('shelter.seats_free', { free: seats.available.total, all: seats.capacity.total })]
      : []),
    ...(surge === 0 ? [] : [t(row.surgeOpen ? 'shelter.surge_open' : 'shelter.surge_ready', { count: surge })]),
    ...(hours === null ? [] : [hours]),
  ];
}
/** What is said beside the sign when it is picked, a line each. */
export function noteOf(line: Line & { freshness: Freshness }, now: Date): string[] {
  const { row, beds } = line;
  return [
    row.name,
    `${t(`shelter.status.${row.status}`)} · ${t('shelter.free_of', { free: beds.available.total, all: beds.capacity.total })}`,
    ...marksOf(line, now),
    ...(overOf(line) > 0 ? [t('shelter.over', { count: overOf(line) })] : []),
    `${t('shelter.counted')} ${age(row.countedAt, now)} · ${t(`freshness.${line.freshness}`)}`,
    ...(row.address === null ? [] : [row.address]),
  ];
}
