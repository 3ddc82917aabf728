/** Calls for help on the map: above everything, with a ring that grows. */
import type * as L from 'leaflet';
import type { PanicRow } from '../../shared/panics.ts';
import { createMarkers } from '../map/markers.ts';
import './panics.css';

export interface PanicLayer {
  sync: (panics: readonly PanicRow[]) => void;
  remove: () => void;
}
interface Options {
  title: (row: PanicRow) => string;
  label: (row: PanicRow) => string;
  onPick: (id: string) => void;
}

/** One whose place nobody knows has no sign; the panel shows it all the same. */
export function createPanicLayer(map: L.Map, { title, label, onPick }: Options): PanicLayer {
  const markers = createMarkers(map, { size: 34, onPick });
  return {
    sync: (panics) =>
      markers.sync(
        panics.flatMap((row) =>
          row.position === null
            ? []
            : [
                {
                  id: row.id,
                  position: row.position.coordinates,
                  title: () => title(row),
                  stamp: row.version,
                  className: `octagon tone-danger panic ${row.acknowledgedAt === null ? 'calling' : ''}`,
                  text: 'SOS',
                  label: label(row),
                  above: 20_000,
                  selected: false,
                  alone: true,
                },
              ],
        ),
      ),
    remove: markers.remove,
  };
}
