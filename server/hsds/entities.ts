/** Says a warm place in the words of HSDS. Pure; what the standard's objects are is in shared/hsds.ts. */
import { createHash } from 'node:crypto';
import type {
  HsdsService,
  HsdsServiceAtLocation,
  HsdsServiceAtLocationListed,
  HsdsServiceListed,
} from '../../shared/hsds.ts';
import { HSDS_VERSION } from '../../shared/hsds.ts';
import type { OpeningWindow } from '../../shared/opening.ts';
import { type PlanLevel, planLevels } from '../../shared/plan-levels.ts';
import {
  bedKinds,
  type Places,
  type PlaceUnit,
  placeUnits,
  shelterFeatures,
  shelterKinds,
  type ShelterView,
} from '../../shared/shelters.ts';
import { offsetAt } from '../../shared/wall-clock.ts';
import type { Translate } from '../http/words.ts';

/** What the ids below are made in: a version 4 UUID of this project's own, never to be changed. */
const SPACE = Buffer.from('6f1d3c1e5b8e4f0b9a4e6a0c7b2d9e41', 'hex');

/** The same id for the same thing on every node and in every year: a name-based UUID (RFC 9562, version 5). */
export function derivedId(kind: string, of: string): string {
  const bytes = createHash('sha1').update(SPACE).update(`${kind}:${of}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export const TAXONOMY_ID = derivedId('taxonomy', 'warmpath');
/** Terms of the one taxonomy there is: kinds of places, and what they have. */
const terms = [
  ...shelterKinds.map((code) => ({ code, word: `shelter.kind.${code}`, by: 'kind' as const })),
  ...shelterFeatures.map((code) => ({ code, word: `feature.${code}`, by: 'feature' as const })),
];
const termId = (by: string, code: string): string => derivedId(by, code);
/** The term an id names, or null. */
export const termOf = (id: string): { by: 'kind' | 'feature'; code: string } | null =>
  terms.find(({ by, code }) => termId(by, code) === id) ?? null;

/** Who runs a place has an id by name, or is its station. */
export const organizationId = (operator: string | null, stationId: string): string =>
  operator === null ? stationId : derivedId('organization', operator);
export const atLocationId = (shelterId: string): string => derivedId('service_at_location', shelterId);

/** What is said of a place beside its own row. */
export interface Setting {
  /** of the root: all terms are told in one language */
  locale: string;
  t: Translate;
  city: string;
  station: { name: string; timeZone: string };
  level: PlanLevel;
  /** when anything of it last changed, and when what is free did (ISO) */
  changedAt: string;
  takenAt: string;
  now: Date;
}

const BY_DAY = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;

/** Minutes as `+08:00`. */
function offsetWords(minutes: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const far = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(far / 60))}:${two(far % 60)}`;
}

/** Windows that hold at the plan's level of now: one that does not would send people to a closed door. */
function schedulesOf(shelter: ShelterView, { station, level, now }: Setting): HsdsService['schedules'] {
  const words = shelter.hours === '' ? {} : { description: shelter.hours };
  const id = (what: string): string => derivedId('schedule', `${shelter.id}:${what}`);
  const minutes = Math.round(offsetAt(station.timeZone, now.getTime()) / 60_000);
  // the end of a day is the beginning of the next
  const clock = (time: string): string => `${time === '24:00' ? '00:00' : time}${offsetWords(minutes)}`;
  const holds = (window: OpeningWindow): boolean => planLevels.indexOf(window.level) <= planLevels.indexOf(level);
  const windows = shelter.opening.filter(holds).map((window, n) => ({
    id: id(String(n)),
    freq: 'WEEKLY' as const,
    byday: [...window.days]
      .sort((a, b) => a - b)
      .map((day) => BY_DAY[day - 1] ?? '')
      .join(','),
    opens_at: clock(window.from),
    closes_at: clock(window.to),
    timezone: minutes / 60,
    ...words,
  }));
  return windows.length > 0 || shelter.hours === '' ? windows : [{ id: id('words'), ...words }];
}

function capacitiesOf(shelter: ShelterView, { t, takenAt }: Setting): HsdsService['capacities'] {
  const of: Record<PlaceUnit, Pick<Places, 'capacity' | 'available'>> = { bed: shelter, seat: shelter.seats };
  return placeUnits.flatMap((unit) => {
    const { capacity, available } = of[unit];
    if (capacity.total === 0) return [];
    // outside its hours nothing can be had, whatever is empty
    const free = (kind: keyof typeof available): number => (shelter.openNow ? available[kind] : 0);
    const parts = bedKinds
      .filter((kind) => capacity[kind] > 0)
      .map((kind) => `${t(`bed.${kind}`)} ${String(free(kind))}/${String(capacity[kind])}`);
    return [
      {
        id: derivedId('capacity', `${shelter.id}:${unit}`),
        unit: { id: derivedId('unit', unit), name: t(`unit.${unit}`), identifier: unit },
        available: free('total'),
        maximum: capacity.total,
        description: parts.join(t('report.comma')),
        updated: takenAt,
      },
    ];
  });
}

function attributesOf(shelter: ShelterView, { t, locale }: Setting): HsdsService['attributes'] {
  const own = terms.filter(({ by, code }) =>
    by === 'kind' ? shelter.kind === code : shelter.features.some((feature) => feature === code),
  );
  const name = `${t('app.name')} HSDS ${HSDS_VERSION}`;
  return own.map(({ by, code, word }) => ({
    id: derivedId('attribute', `${shelter.id}:${by}:${code}`),
    link_id: shelter.id,
    link_type: by,
    link_entity: 'service',
    label: t(word),
    taxonomy_term: {
      id: termId(by, code),
      code,
      name: t(word),
      description: t(word),
      language: locale.slice(0, 2),
      taxonomy: name,
      taxonomy_detail: { id: TAXONOMY_ID, name, description: t('hsds.taxonomy') },
    },
  }));
}

/** Zones of the one country whose places are known by them; of others it is not known. */
const CHINA = /^(Asia\/(Shanghai|Urumqi|Chongqing|Chungking|Harbin|Kashgar)|PRC)$/;

const phonesOf = ({ id, phone }: ShelterView): HsdsService['phones'] =>
  phone === null ? [] : [{ id: derivedId('phone', id), number: phone, type: 'voice' }];

function placeOf({ id, name, position }: ShelterView): HsdsServiceAtLocationListed['location'] {
  const [longitude, latitude] = position?.coordinates ?? [];
  return {
    id: derivedId('location', id),
    location_type: 'physical',
    name,
    ...(latitude === undefined || longitude === undefined ? {} : { latitude, longitude }),
  };
}

function locationOf(shelter: ShelterView, { t, city, station }: Setting): HsdsServiceAtLocation['location'] {
  const { id } = shelter;
  return {
    ...placeOf(shelter),
    addresses: [
      {
        id: derivedId('address', id),
        address_1: shelter.address ?? '',
        city,
        region: station.name,
        state_province: '',
        postal_code: '',
        country: CHINA.test(station.timeZone) ? 'CN' : '',
        address_type: 'physical',
      },
    ],
    accessibility: shelter.features.includes('wheelchair')
      ? [{ id: derivedId('accessibility', id), description: t('feature.wheelchair') }]
      : [],
    phones: phonesOf(shelter),
  };
}

/** As lists have it. */
export function serviceListed(shelter: ShelterView, { t, station, changedAt }: Setting): HsdsServiceListed {
  const { id, name, about, features, operator } = shelter;
  const organization = organizationId(operator, shelter.stationId);
  const kind = t(`shelter.kind.${shelter.kind}`);
  const has = features.map((feature) => t(`feature.${feature}`)).join(t('report.comma'));
  return {
    id,
    organization_id: organization,
    name,
    description: [kind, has, about].filter((words) => words !== '').join('\n'),
    status: shelter.status === 'closed' ? 'temporarily closed' : 'active',
    ...(features.includes('no_id') ? { application_process: t('feature.no_id') } : {}),
    ...(features.includes('women_and_children') ? { eligibility_description: t('feature.women_and_children') } : {}),
    last_modified: changedAt,
    organization: { id: organization, name: operator ?? station.name, description: t('hsds.organization') },
  };
}

const serviceParts = (
  shelter: ShelterView,
  setting: Setting,
): Omit<HsdsService, keyof HsdsServiceListed | 'service_at_locations'> => ({
  phones: phonesOf(shelter),
  schedules: schedulesOf(shelter, setting),
  capacities: capacitiesOf(shelter, setting),
  attributes: attributesOf(shelter, setting),
});
const at = ({ id }: ShelterView): { id: string; service_id: string; location_id: string } => ({
  id: atLocationId(id),
  service_id: id,
  location_id: derivedId('location', id),
});

export const service = (shelter: ShelterView, setting: Setting): HsdsService => ({
  ...serviceListed(shelter, setting),
  ...serviceParts(shelter, setting),
  service_at_locations: [{ ...at(shelter), location: locationOf(shelter, setting) }],
});

export const serviceAtLocationListed = (shelter: ShelterView, setting: Setting): HsdsServiceAtLocationListed => ({
  ...at(shelter),
  location: placeOf(shelter),
  service: serviceListed(shelter, setting),
});

export const serviceAtLocation = (shelter: ShelterView, setting: Setting): HsdsServiceAtLocation => ({
  ...at(shelter),
  phones: phonesOf(shelter),
  schedules: schedulesOf(shelter, setting),
  location: locationOf(shelter, setting),
  service: { ...serviceListed(shelter, setting), ...serviceParts(shelter, setting) },
});
