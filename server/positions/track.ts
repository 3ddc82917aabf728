/**
 * Puts new fixes into a track. What is believed of a track follows from its fixes in the order of their times alone, whatever
 * order they arrived in: a queue that is replayed backwards ends as the same track as one that came live.
 */
import type { LonLat } from '../../shared/geo.ts';
import { isBelieved, type Mark } from '../../shared/positions.ts';
import { type FixLimits, type JudgedFix, marksOf, tooFast } from './marks.ts';

/** A fix of the track as it is stored. */
export interface StoredFix extends JudgedFix {
  marks: readonly string[];
}
/** The part of a track that new fixes fall into. */
export interface Window {
  /** the last one believed before the window */
  before: JudgedFix | null;
  /** everything from the earliest new fix on, in order of time */
  stored: readonly StoredFix[];
  /** epoch ms of the latest one believed until now */
  latestAt: number | null;
}
/** A new fix with its place in the track. */
export interface Placed<F> {
  fresh: F;
  /** its time, or the next free ms after it when another one stands there */
  at: number;
  marks: Mark[];
}
export interface Verdict<F> {
  placed: Placed<F>[];
  /** known already: same time, same place; nothing to be stored */
  repeated: F[];
  /** stored fixes that are judged otherwise now that their neighbours are known */
  changed: { at: number; marks: string[] }[];
  /** the last one believed of those looked at */
  last: JudgedFix | null;
  /** nothing after the window hangs on what is new */
  settled: boolean;
}

const samePlace = ([lonA, latA]: LonLat, [lonB, latB]: LonLat): boolean => lonA === lonB && latA === latB;

/** Only a speed depends on neighbours; a fix that is disbelieved for another reason is nobody's neighbour. */
const hangsOnNeighbours = ({ marks }: StoredFix): boolean =>
  marks.every((mark) => mark === 'speed' || mark === 'backwards');

/** Judges fixes (in order of time) in their window. */
export function judgeTrack<F extends { readonly fix: JudgedFix }>(
  { before, stored, latestAt }: Window,
  fresh: readonly F[],
  limits: FixLimits,
  now: number,
): Verdict<F> {
  const verdict: Verdict<F> = { placed: [], repeated: [], changed: [], last: before, settled: false };
  const byTime = new Map<number, LonLat>();
  for (const { at, position } of stored) byTime.set(at, position);

  /** Judges a stored one anew; true when it is believed, as it was: from here on all is as it was. */
  const again = (fix: StoredFix): boolean => {
    if (!hangsOnNeighbours(fix)) return false;
    const was = fix.marks.includes('speed');
    const is = tooFast(fix, verdict.last, limits);
    if (is !== was)
      verdict.changed.push({
        at: fix.at,
        marks: is ? [...fix.marks, 'speed'] : fix.marks.filter((mark) => mark !== 'speed'),
      });
    if (!is) verdict.last = fix;
    return !is && !was;
  };
  const place = (each: F): void => {
    const { fix } = each;
    let at = fix.at;
    // Two devices of one patrol may speak of the same moment, and the key holds one fix a moment: the second moves to the
    // next free ms. A wider key would cost every fix of every night for what happens once in a while.
    for (let there = byTime.get(at); there !== undefined; there = byTime.get(at)) {
      if (samePlace(there, fix.position)) {
        verdict.repeated.push(each);
        return;
      }
      at += 1;
    }
    byTime.set(at, fix.position);
    const marks = marksOf(fix, { before: verdict.last, latestAt }, limits, now);
    verdict.placed.push({ fresh: each, at, marks });
    if (isBelieved(marks)) verdict.last = fix;
  };

  let next = 0;
  for (const each of fresh) {
    for (let fix = stored[next]; fix !== undefined && fix.at <= each.fix.at; fix = stored[next]) {
      again(fix);
      next += 1;
    }
    place(each);
  }
  for (let fix = stored[next]; fix !== undefined && !verdict.settled; fix = stored[next]) {
    verdict.settled = again(fix);
    next += 1;
  }
  return verdict;
}
