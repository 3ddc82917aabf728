/** The cold clocks of the desk: by each station's weather and rules, moving on with the time. */
import { computed, type ComputedRef, type ShallowRef } from 'vue';
import { coldClock, type ColdClock, coldLevel, type ColdLevel, readingsFor } from '../../shared/cold-clock.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import type { State } from '../../shared/state.ts';
import type { PictureReading } from '../../shared/weather.ts';
import { serverNow } from '../live/clock.ts';
import { useNow } from '../ui/ticking.ts';
import { type Outlook, outlookAround } from '../weather/outlook.ts';
import type { ColdRulesHere } from './cold-rules.ts';
import type { Limits } from './limits.ts';

export interface LevelledClock extends ColdClock {
  level: ColdLevel;
}
export interface Cold {
  /** of an incident that is not closed, else null; it moves on by itself */
  coldOf: (incidentId: string) => LevelledClock | null;
  /** the weather at a station, and at the own one */
  outlookAt: (stationId: string) => Outlook;
  outlook: ComputedRef<Outlook>;
}
/** What the clock of an incident goes by at its station. */
interface Place {
  readings: readonly PictureReading[] | null;
  rules: ColdRulesHere;
}
/** How often the clocks move on; what is said is never finer than a minute. */
const EVERY_MS = 30_000;

export function createCold(
  state: Readonly<ShallowRef<State>>,
  limits: Readonly<ShallowRef<Limits>>,
  ownStationId: string,
): Cold {
  const now = useNow(EVERY_MS);
  // the true time, for a reading may be younger than the last beat
  const timeNow = (): Date => {
    void now.value;
    return serverNow();
  };
  const incidents = computed(() => state.value.incidents);
  const stations = computed(() => state.value.stations);
  const weather = computed(() => state.value.weather);
  const cold = computed(() => limits.value.cold);
  const pathOf = (id: string): readonly string[] => stations.value[id]?.path ?? [id];
  // each row's clock is worked out once until the time, the weather or the rules move
  const moment = computed(() => {
    const known = new WeakMap<IncidentRow, LevelledClock>();
    const places = new Map<string, Place>();
    const at = timeNow();
    const tables = { stations: stations.value, weather: weather.value, rulesAt: cold.value };
    const placeOf = (station: string): Place => {
      const path = tables.stations[station]?.path ?? [station];
      return { readings: readingsFor(path, tables.weather), rules: tables.rulesAt(path) };
    };
    return (row: IncidentRow): LevelledClock => {
      const before = known.get(row);
      if (before) return before;
      const place = places.get(row.stationId) ?? placeOf(row.stationId);
      places.set(row.stationId, place);
      const { readings, rules } = place;
      const clock = coldClock(row, readings, rules, at);
      const levelled = Object.assign(clock, { level: coldLevel(clock.minutes, rules) });
      known.set(row, levelled);
      return levelled;
    };
  });
  const outlookAt = (stationId: string): Outlook => {
    const path = pathOf(stationId);
    return outlookAround(path, weather.value, cold.value(path).staleH, timeNow());
  };
  return {
    coldOf: (incidentId) => {
      const row = incidents.value[incidentId];
      return row ? moment.value(row) : null;
    },
    outlookAt,
    outlook: computed(() => outlookAt(ownStationId)),
  };
}
