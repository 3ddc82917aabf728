/** What is said of a warning. */
import { type AlertRow, alertType } from '../../shared/alerts.ts';
import type { StationRow } from '../../shared/stations.ts';
import { boot } from '../ui/boot.ts';
import { moment } from '../ui/format.ts';
import type { Look } from '../ui/statuses.ts';
import { hasWord, t } from '../ui/words.ts';

type Stations = Readonly<Record<string, StationRow>>;

/** A kind has words where the software knows it; a city's own is its code. */
export const typeWords = (type: string): string =>
  hasWord(`alert.type.${type}`) ? t(`alert.type.${type}`) : type.replaceAll('_', ' ');
export const isTypeCode = (text: string): boolean => alertType.safeParse(text).success;

const endings: Record<Exclude<AlertRow['state'], 'active'>, Look> = {
  expired: { shape: 'clock', tone: 'quiet', word: 'alert.state.expired' },
  cancelled: { shape: 'cross', tone: 'quiet', word: 'alert.state.cancelled' },
  replaced: { shape: 'arrow', tone: 'quiet', word: 'alert.state.replaced' },
};
/** How it ended; null while it has not. */
export const endingOf = ({ state }: AlertRow): Look | null => (state === 'active' ? null : endings[state]);
export const unknownLevel: Look = { shape: 'ring', tone: 'warn', word: 'alert.needs.level' };

/** Names of those it is for; those that are not of this page's stations are told apart by whether they stand above. */
export function coversWords({ covers }: AlertRow, stations: Stations): string {
  const own = Object.values(stations).sort((a, b) => a.path.length - b.path.length)[0]?.path ?? [];
  const names = covers.map(
    (id) => stations[id]?.name ?? t(own.includes(id) ? 'alert.for.all_of_us' : 'alert.for.others'),
  );
  return new Intl.ListFormat(boot.locale, { type: 'conjunction' }).format(new Set(names));
}

/** From when to when, as far as that is known. */
export function timeWords({ onsetAt, expiresAt, endedAt }: AlertRow, now: Date): string {
  const end =
    endedAt !== null
      ? t('alert.ended_at', { at: moment(endedAt, now) })
      : expiresAt === null
        ? t('alert.until_lifted')
        : t('alert.until', { until: moment(expiresAt, now) });
  return t('alert.coming', { from: moment(onsetAt, now), end });
}

export function sourceWords({ source, sender }: AlertRow): string {
  if (source === 'desk') return t('alert.from.desk');
  return source === 'cap' ? t('alert.from.cap', { sender }) : t('alert.from.feed', { sender, source });
}

/** The most severe first, then what began last. */
export const bySeverity =
  (levels: readonly string[]) =>
  (a: AlertRow, b: AlertRow): number =>
    levels.indexOf(b.level ?? '') - levels.indexOf(a.level ?? '') || (a.onsetAt < b.onsetAt ? 1 : -1);
