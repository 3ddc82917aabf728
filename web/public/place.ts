/** The question "where": the phone's own place, and a map when it is asked for. */
import type { LonLat } from '../../shared/geo.ts';
import type { BaseMap } from '../../shared/tiles.ts';
import type { Outline } from '../map/outlines.ts';
import type { PinMap } from '../map/pin.ts';
import { find, onDo } from './page.ts';
import { locate } from './locate.ts';

interface Place {
  form: HTMLFormElement;
  word: (key: string, values?: Record<string, string | number>) => string;
  write: (name: string, text: string) => void;
  saved: () => void;
  tiles: BaseMap | null;
}

/** Starts the buttons; `draw` shows what place the form has. */
export function startPlace({ form, word, write, saved, tiles }: Place): { draw: () => void } {
  const status = find('.located', form);
  const away = find('[data-do="unlocate"]', form);
  const box = find('.map', form);
  let map: PinMap | null = null;
  const value = (name: string): string => form.querySelector<HTMLInputElement>(`[name="${name}"]`)?.value ?? '';
  const say = (text: string): void => {
    if (status) status.textContent = text;
  };
  const draw = (): void => {
    const has = value('lon') !== '' && value('lat') !== '';
    if (away) away.hidden = !has;
    const metres = Number(value('accuracyM'));
    say(!has ? '' : metres > 0 ? word('located.about', { metres }) : word('located'));
  };
  const set = ([lon, lat]: LonLat, accuracyM: number | null): void => {
    write('lon', String(lon));
    write('lat', String(lat));
    write('accuracyM', accuracyM === null ? '' : String(accuracyM));
    write('coords', '');
    draw();
    saved();
  };

  onDo('locate', () => {
    say(word('locating'));
    locate().then(
      ({ lon, lat, accuracyM }) => {
        set([lon, lat], accuracyM);
        map?.setPosition([lon, lat]);
      },
      (error: unknown) => {
        say(word(error instanceof Error && error.message === 'denied' ? 'locate.denied' : 'locate.failed'));
      },
    );
  });
  onDo('unlocate', () => {
    for (const name of ['lon', 'lat', 'accuracyM']) write(name, '');
    draw();
    saved();
    find('#placeText', form)?.focus();
  });

  const openMap = async (): Promise<void> => {
    if (!box || map) return;
    box.hidden = false;
    try {
      const [{ loadPinMap }, outlines] = await Promise.all([
        import('../map/load.ts'),
        fetch('/report/outlines').then((response) => response.json() as Promise<{ items: Outline[] }>),
      ]);
      map = await loadPinMap(box, {
        position: value('lon') === '' ? null : [Number(value('lon')), Number(value('lat'))],
        outlines: outlines.items,
        tiles,
        words: {
          map: word('map.name'),
          zoomIn: word('map.in'),
          zoomOut: word('map.out'),
          all: word('map.all'),
          noTiles: word('map.away'),
          pin: word('map.pin'),
        },
        onMove: (position) => {
          set(position, null);
        },
      });
    } catch {
      box.hidden = true;
      say(word('map.failed'));
    }
  };
  onDo('map', () => void openMap());
  return { draw };
}
