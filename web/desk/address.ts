/** What the desk shows, as it stands in the page's address: reload, bookmark and back restore it. Words of a search stay out; they may say where somebody sleeps. */
import { type Filter, filters } from '../incidents/queue.ts';
import type { DeskPart } from './tour.ts';

export const views = ['work', 'wall'] as const;
export type View = (typeof views)[number];
export const deskParts = ['queue', 'incident', 'map', 'lists'] as const satisfies readonly DeskPart[];
/** What the map can show. */
export const mapLayers = ['incidents', 'patrols', 'shelters', 'sites', 'areas', 'coverage'] as const;
export type MapLayer = (typeof mapLayers)[number];
/** Squares lie over the whole map: they are asked for. */
export const usualLayers: readonly MapLayer[] = mapLayers.filter((name) => name !== 'coverage');

export interface Address {
  view: View;
  filter: Filter;
  /** only the own station's incidents */
  own: boolean;
  part: DeskPart;
  incidentId: string | null;
  layers: readonly MapLayer[];
}
export const plainAddress: Address = {
  view: 'work',
  filter: 'all',
  own: false,
  part: 'queue',
  incidentId: null,
  layers: usualLayers,
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const oneOf = <T extends string>(names: readonly T[], value: string | null, usual: T): T =>
  names.find((name) => name === value) ?? usual;

/** Reads the query of an address; what it does not know is as if it were not there. */
export function parseAddress(search: string): Address {
  const query = new URLSearchParams(search);
  const incident = query.get('incident') ?? '';
  const layers = query.get('layers')?.split(',');
  return {
    view: oneOf(views, query.get('view'), plainAddress.view),
    filter: oneOf(filters, query.get('filter'), plainAddress.filter),
    own: query.get('own') === '1',
    part: oneOf(deskParts, query.get('part'), plainAddress.part),
    incidentId: UUID.test(incident) ? incident.toLowerCase() : null,
    layers: layers === undefined ? usualLayers : mapLayers.filter((name) => layers.includes(name)),
  };
}

/** The query of an address, with `?`; '' for the plain desk. Only what differs from it is written. */
export function formatAddress({ view, filter, own, part, incidentId, layers }: Address): string {
  const query = new URLSearchParams();
  if (view !== plainAddress.view) query.set('view', view);
  if (filter !== plainAddress.filter) query.set('filter', filter);
  if (own) query.set('own', '1');
  if (part !== plainAddress.part) query.set('part', part);
  if (incidentId !== null) query.set('incident', incidentId);
  const shown = mapLayers.filter((name) => layers.includes(name)).join();
  if (shown !== usualLayers.join()) query.set('layers', shown);
  const text = query.toString().replaceAll('%2C', ',');
  return text === '' ? '' : `?${text}`;
}
