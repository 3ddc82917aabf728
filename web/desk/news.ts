/** Tells of new sightings: a sound, a number in the tab's title (with a sign while an alarm is loud), and words for screen readers, never faster than one can listen. */
import { onScopeDispose, type ShallowRef, shallowRef, watch } from 'vue';
import type { IncidentRow } from '../../shared/incidents.ts';
import { sentence } from '../incidents/sentence.ts';
import { t } from '../ui/words.ts';
import type { Desk } from './desk.ts';
import type { Sound } from './sound.ts';

const GATHER_MS = 4000;

/** Words for a live region; empty until there is news. */
export function useNews(desk: Desk, sound: Sound, loudAlarms: () => number): Readonly<ShallowRef<string>> {
  const words = shallowRef('');
  let gathered: IncidentRow[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => {
    timer = undefined;
    const [only] = gathered;
    words.value =
      only && gathered.length === 1
        ? t('desk.news_one', { incident: sentence(only) })
        : t('desk.news_many', { number: gathered.length });
    gathered = [];
  };
  const stop = desk.store.onChange((change) => {
    if (change.type !== 'sighting.reported') return;
    const rows = change.payload.incidents ?? [];
    if (rows.length === 0) return;
    sound.play(rows.some(({ priority }) => priority === 'life_risk') ? 'danger' : 'new');
    gathered.push(...rows);
    timer ??= setTimeout(tell, gathered.length === 1 ? 300 : GATHER_MS);
  });
  watch(
    () => [desk.unseen.value, loudAlarms()] as const,
    ([count, loud]) => {
      document.title = [count > 0 ? `(${count})` : '', loud > 0 ? `⚠${loud}` : '', t('app.name')]
        .filter((part) => part !== '')
        .join(' ');
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    stop();
    clearTimeout(timer);
  });
  return words;
}
