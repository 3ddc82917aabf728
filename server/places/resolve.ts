/** Where words, a code or pasted coordinates may be: each reading with the radius within which the true place most likely is. */
import { type LonLat, round6 } from '../../shared/geo.ts';
import { hasShortLink, withoutLinks } from '../../shared/map-links.ts';
import { pastedPlaces } from '../../shared/pasted.ts';
import { codeKeyOf, codeKeysIn, type Fitted, fitOf, piecesOf, saysSide } from '../../shared/place-words.ts';
import type { ResolvedPlace, resolvePlace } from '../../shared/places.ts';
import { fieldProblem } from '../../shared/problems.ts';
import type * as z from 'zod/mini';
import { type Context, type Staff, staffOf } from '../context.ts';
import { liveSites } from '../sites/queries.ts';
import {
  areaExtents,
  areaNames,
  type FoundPlace,
  middleOf,
  pieceCounts,
  placesByCode,
  placesByPieces,
  visibleImports,
} from './queries.ts';

/**
 * Metres on top of a place's own radius, by how its name fits the words: a spot beside it is still in sight of it; when more
 * was said than the name, the rest narrowed it down in a way not understood here; a name not wholly said may be another place.
 */
const OPEN_M: Readonly<Record<Fitted['fit'], number>> = { same: 0, side: 60, inside: 150, guess: 500 };
/** Places looked at in one question, at most, if their pieces are rare; with commoner ones only the nearest are. */
const RARE = 1_500;
/** Longer texts are told by their beginning. */
const MOST_PIECES = 150;
/** Likeness below which nobody would see why a place is listed. */
const LEAST_SCORE = 0.4;
/** An area says less than a place in it. */
const AREA_HANDICAP = 0.3;
const MOST_ITEMS = 10;

type Scored = ResolvedPlace & { score: number };

const opened = (accuracyM: number, { fit, side }: Fitted): number =>
  Math.ceil(accuracyM + OPEN_M[fit] + (side && fit !== 'side' ? OPEN_M.side : 0));
const notesOf = ({ fit, side }: Fitted): ResolvedPlace['notes'] => [
  ...(fit === 'inside' || fit === 'guess' ? (['partial'] as const) : []),
  ...(side ? (['side'] as const) : []),
];

function nearOf(text: string | undefined): LonLat | null {
  if (text === undefined) return null;
  const [lon, lat, ...more] = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const good = more.length === 0 && Math.abs(lon ?? NaN) <= 180 && Math.abs(lat ?? NaN) <= 90;
  if (!good) throw fieldProblem('/near', 'format', 'lon,lat in degrees');
  return [lon ?? 0, lat ?? 0];
}

/** The share of both that two names have in common, as the query ranks places. */
function scoreOf(pieces: ReadonlySet<string>, name: string): number {
  const own = piecesOf(name);
  const shared = own.filter((piece) => pieces.has(piece)).length;
  const [less, more] = [Math.min(own.length, pieces.size), Math.max(own.length, pieces.size)];
  return less === 0 ? 0 : (0.6 * shared) / less + (0.4 * shared) / more;
}

const placed = (said: string, { codeKey: _key, score, ...found }: FoundPlace): Scored => {
  const fitted = fitOf(said, found.name);
  return { ...found, accuracyM: opened(found.accuracyM, fitted), notes: notesOf(fitted), score };
};

/** The rarest pieces, as many as are looked up quickly; none when even the rarest is common. */
function rarestOf(counts: readonly { gram: string; places: number }[]): string[] {
  let sum = 0;
  return counts.filter(({ places }) => (sum += places) <= RARE).map(({ gram }) => gram);
}

type Db = Context['db'];
/** Where in the tree of stations is looked. */
type Scope = Pick<Staff, 'stationId' | 'stationPath'>;

async function tables(
  db: Db,
  { stationId, stationPath }: Scope,
  said: string,
  pieces: string[],
  asked: LonLat | null,
): Promise<Scored[]> {
  const imports = await visibleImports(db, stationId, stationPath);
  if (imports.length === 0) return [];
  const [lon, lat] = asked ?? (await middleOf(db, stationId)) ?? [0, 0];
  const near = { lon, lat };
  const whole = codeKeyOf(said);
  const coded = await placesByCode(db, imports, codeKeysIn(said), near);
  const exact = coded.filter(({ codeKey }) => codeKey === whole);
  if (exact.length > 0) return exact.map((found) => ({ ...placed(found.name, found), score: 2 }));
  const counts = await pieceCounts(db, pieces);
  const named = counts.length === 0 ? [] : await placesByPieces(db, imports, pieces, rarestOf(counts), near);
  const fittedCode: Fitted = { fit: 'inside', side: saysSide(said) };
  return [
    ...coded.map(({ codeKey: _key, ...found }) => ({
      ...found,
      accuracyM: opened(found.accuracyM, { fit: 'same', side: fittedCode.side }),
      notes: notesOf(fittedCode),
      score: 1.5,
    })),
    ...named.filter(({ score }) => score >= LEAST_SCORE).map((found) => placed(said, found)),
  ];
}

async function sites(db: Db, { stationId }: Scope, said: string, pieces: ReadonlySet<string>): Promise<Scored[]> {
  const known = await liveSites(db, stationId);
  return known.flatMap(({ name, position, radiusM }): Scored[] => {
    const score = scoreOf(pieces, name);
    if (score < LEAST_SCORE) return [];
    const fitted = fitOf(said, name);
    return [
      { kind: 'site', name, code: null, position, accuracyM: opened(radiusM, fitted), notes: notesOf(fitted), score },
    ];
  });
}

async function areas(db: Db, { stationId }: Scope, said: string, pieces: ReadonlySet<string>): Promise<Scored[]> {
  const names = await areaNames(db, stationId);
  const likely = names
    .flatMap(({ id, name }) => {
      const fitted = fitOf(said, name);
      const score = scoreOf(pieces, name);
      // half of an area's name is no area
      return fitted.fit === 'guess' && !name.includes(said) ? [] : [{ id, name, fitted, score }];
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, 3);
  if (likely.length === 0) return [];
  const extents = new Map(
    (
      await areaExtents(
        db,
        likely.map(({ id }) => id),
      )
    ).map((each) => [each.id, each]),
  );
  return likely.flatMap(({ id, name, fitted, score }): Scored[] => {
    const extent = extents.get(id);
    if (!extent) return [];
    const { position, radiusM } = extent;
    return [
      {
        kind: 'area',
        name,
        code: null,
        position,
        accuracyM: Math.ceil(radiusM),
        notes: notesOf(fitted),
        score: score - AREA_HANDICAP,
      },
    ];
  });
}

type Asked = z.infer<NonNullable<typeof resolvePlace.body>>;
type Found = z.infer<typeof resolvePlace.reply>;

/** Likeliest first. Coordinates say more than any words, so that with them nothing else is looked for. Sites only for those who may know them. */
export async function resolveIn(db: Db, scope: Scope, asked: Asked, withSites: boolean): Promise<Found> {
  const near = nearOf(asked.near);
  const pasted = pastedPlaces(asked.q);
  if (pasted.length > 0)
    return {
      items: pasted.map((each) => ({
        kind: 'coordinates',
        // latitude first, as people say it
        name: each.position.coordinates.toReversed().map(round6).join(', '),
        code: null,
        ...each,
      })),
      reason: null,
    };
  const reason = hasShortLink(asked.q) ? 'short_link' : null;
  const said = withoutLinks(asked.q).trim();
  const pieces = piecesOf(said).slice(0, MOST_PIECES);
  if (pieces.length === 0) return { items: [], reason };
  const wanted = new Set(pieces);
  const found = [
    ...(await tables(db, scope, said, pieces, near)),
    ...(withSites ? await sites(db, scope, said, wanted) : []),
    ...(await areas(db, scope, said, wanted)),
  ].sort((a, b) => b.score - a.score);
  const seen = new Set<string>();
  const items = found.filter(({ kind, name, code, position }) => {
    const key = JSON.stringify([kind, name, code, position.coordinates]);
    return !seen.has(key) && seen.add(key);
  });
  return { items: items.slice(0, MOST_ITEMS).map(({ score: _score, ...item }) => item), reason };
}

/** What a member of staff may mean: tables, sites and areas where they may look. */
export const resolve = (ctx: Context, asked: Asked): Promise<Found> => resolveIn(ctx.db, staffOf(ctx), asked, true);
