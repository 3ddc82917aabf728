/** Incidents on the map. */
import type * as L from 'leaflet';
import { type IncidentRow, needsNobody, type Priority } from '../../shared/incidents.ts';
import type { MarkerLook } from '../map/look.ts';
import { createMarkers, type MarkerSet } from '../map/markers.ts';

const signs: Record<Priority, string> = {
  life_risk: 'octagon tone-danger',
  urgent: 'triangle tone-warn',
  normal: 'round tone-quiet',
};
const above: Record<Priority, number> = { life_risk: 7000, urgent: 6000, normal: 5000 };

function lookOf(row: IncidentRow, selectedId: string | null, title: (row: IncidentRow) => string): MarkerLook | null {
  if (!row.position) return null;
  const handled = row.patrolIds.length > 0 || needsNobody(row);
  return {
    id: row.id,
    position: row.position.coordinates,
    title: () => title(row),
    stamp: row,
    // somebody is on the way: the danger keeps its shape but no longer shouts
    className: handled ? `round hollow ${signs[row.priority].split(' ')[1] ?? ''}` : signs[row.priority],
    text: row.people > 1 ? String(row.people) : row.priority === 'life_risk' ? '!' : '',
    label: '',
    above: above[row.priority],
    selected: row.id === selectedId,
    // a life at stake is never one of many
    alone: row.priority === 'life_risk',
  };
}

export interface IncidentLayer {
  sync: (rows: readonly IncidentRow[], selectedId: string | null) => void;
  remove: () => void;
}
/** The layer; `title` says an incident in words, `many` so many in one place, `onPick` hears a click or Enter. */
export function createIncidentLayer(
  map: L.Map,
  {
    title,
    many,
    onPick,
  }: { title: (row: IncidentRow) => string; many: (count: number) => string; onPick: (id: string) => void },
): IncidentLayer {
  const markers: MarkerSet = createMarkers(map, {
    size: 26,
    onPick,
    cluster: (count, worst) => ({
      className: `round many ${worst >= above.urgent ? 'tone-warn' : 'tone-quiet'}`,
      text: count > 999 ? '999+' : String(count),
      title: () => many(count),
    }),
  });
  // a row that has not changed keeps its look: thousands are compared by a pointer only
  const known = new WeakMap<IncidentRow, MarkerLook>();
  const lookFor = (row: IncidentRow, selectedId: string | null): MarkerLook | null => {
    const kept = known.get(row);
    if (kept && row.id !== selectedId) return kept;
    const look = lookOf(row, selectedId, title);
    if (look && !look.selected) known.set(row, look);
    return look;
  };
  return {
    sync: (rows, selectedId) =>
      markers.sync(rows.map((row) => lookFor(row, selectedId)).filter((look) => look !== null)),
    remove: markers.remove,
  };
}
