/** What a table of places looks like and what is wrong with its lines, in words. */
import type { PlaceImportRow } from '../../shared/places.ts';
import type { Look } from '../ui/statuses.ts';
import { hasWord, problemWords, t } from '../ui/words.ts';

/** Each state by shape, colour and word. */
export const importLooks: Readonly<Record<PlaceImportRow['status'], Look>> = {
  reading: { shape: 'half', tone: 'info', word: 'admin.places.status.reading' },
  storing: { shape: 'half', tone: 'info', word: 'admin.places.status.storing' },
  done: { shape: 'check', tone: 'ok', word: 'admin.places.status.done' },
  failed: { shape: 'cross', tone: 'danger', word: 'admin.places.status.failed' },
  removed: { shape: 'cross', tone: 'quiet', word: 'admin.places.status.removed' },
};

/** Whether it still goes on by itself. */
export const runs = ({ status }: PlaceImportRow): boolean => status === 'reading' || status === 'storing';

type LineError = PlaceImportRow['errors'][number];
/** What a code means of this column and of no other. */
const special: Readonly<Record<string, string>> = {
  'name required': 'admin.places.error.name_required',
  'name range': 'admin.places.error.text_range',
  'code range': 'admin.places.error.text_range',
  'lon range': 'admin.places.error.lon_range_zero',
  'accuracyM range': 'admin.places.error.accuracy_range',
};

/** What is wrong in a line, and what helps. */
export function lineWords({ column, code, message }: LineError): string {
  const own = special[`${column} ${code}`];
  if (own !== undefined) return t(own);
  const line = /\d+$/.exec(message)?.[0] ?? '';
  if (hasWord(`admin.places.error.${code}`)) return t(`admin.places.error.${code}`, { line });
  if (hasWord(`admin.error.${code}`)) return t(`admin.error.${code}`);
  return problemWords(code);
}
