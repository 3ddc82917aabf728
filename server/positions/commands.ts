/**
 * Takes fixes in batches. Batches that arrive while one is being written wait and are written together in the next
 * statement: one commit for all of them, and nobody waits longer than for two.
 *
 * Where a patrol is now is written with its fixes as long as they come at a quiet pace. Beyond that it is written once a
 * second: nobody is told of it oftener, its index by place costs as much as the track, and the track, which is what was
 * acknowledged, has every fix at once.
 */
import { convert } from '../../shared/geo.ts';
import type { PositionBody } from '../../shared/positions.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type { Actor, Staff } from '../context.ts';
import { staffOf } from '../context.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Service } from '../realtime/command.ts';
import type { FixLimits, JudgedFix } from './marks.ts';
import { type FixRow, type Rejudged, rewriteMarks, trackWindows, writeFixes } from './queries-track.ts';
import { type KnownPatrol, knownPatrols } from './queries.ts';
import { judgeTrack, type Verdict } from './track.ts';

/** A fix as it is taken in; `unsure`: the device itself says that it does not know where it is. */
export type TakenFix = PositionBody & { unsure?: boolean };
/** How many fixes were taken, and how many of them nobody should believe. */
export interface Taken {
  accepted: number;
  marked: number;
}
interface Waiting {
  maySend: (patrol: KnownPatrol) => boolean;
  fixes: readonly TakenFix[];
  resolve(taken: Taken): void;
  reject(error: unknown): void;
}

/** Fixes within `LATEST_EVERY_MS` whose patrols are moved at once; what a city of some thousand vehicles sends. */
const AT_ONCE = 2_000;
/** How often patrols are moved beyond that: the beat of the positions the desks get. */
const LATEST_EVERY_MS = 1_000;
/** Fixes written in one statement; more wait for the next. */
const MOST_FIXES = 5000;
/**
 * What is known of a patrol is asked anew after this long: its station and rules hardly ever change, and its latest fix is
 * what this node wrote last. Another node's fix may be missed for as long, which costs a mark and never the order of fixes.
 */
const REMEMBERED_MS = 5_000;
const MOST_REMEMBERED = 50_000;
/** No phone has a fix from before. */
const OLDEST = Date.UTC(2020, 0, 1);

/** A patrol's crew, past members too (their phones send what they gathered), and the desk above its station. */
function maySend(actor: Staff, patrol: KnownPatrol): boolean {
  if (actor.role === 'crew') return actor.patrolId === patrol.id || patrol.members.includes(actor.id);
  return patrol.stationPath.includes(actor.stationId);
}

interface Judged {
  body: TakenFix;
  fix: JudgedFix;
  batch: Taken;
}
/** All that one write brings to one patrol. */
interface Track {
  patrol: KnownPatrol;
  fresh: Judged[];
  verdict: Verdict<Judged> | null;
}

/** Numbers as the columns hold them, so that a fix is judged alike before and after it is stored. */
const real = (value: number | null | undefined): number | null =>
  typeof value === 'number' ? Math.fround(value) : null;

function judgedFix(body: TakenFix): JudgedFix {
  const position = convert(body.position.coordinates, body.crs ?? 'wgs84', 'wgs84');
  const fix = { position, at: Date.parse(body.at), accuracyM: real(body.accuracyM), speedMps: real(body.speedMps) };
  return body.unsure === true ? { ...fix, unsure: true } : fix;
}

const limitsOf = (patrol: KnownPatrol): FixLimits => ({
  maxAheadMs: patrol.maxAheadS * 1000,
  maxSpeedMps: patrol.maxSpeedKmh / 3.6,
  worstAccuracyM: patrol.worstAccuracyM,
  slackM: patrol.slackM,
});
const latestOf = ({ latest }: KnownPatrol): JudgedFix | null =>
  latest && { position: [latest.lon, latest.lat], at: latest.at, accuracyM: latest.accuracyM, speedMps: null };

/** Whether fixes may fall among what is stored; those ahead of the clock may, too, because the tail leaves such out. */
function isLate({ patrol, fresh }: Track, now: number): boolean {
  const first = fresh[0]?.fix.at ?? now;
  const last = fresh.at(-1)?.fix.at ?? now;
  return (patrol.tailAt !== null && first <= patrol.tailAt) || last > now + patrol.maxAheadS * 1000;
}

/** How many fixes after the last new one are looked at first; nearly always the next one settles it. */
const FIRST_LOOK = 50;

/** Judges all tracks: those in order by what is remembered, the others by their neighbours, looked up for all of them at once. */
async function judgeAll(db: Service['database']['knex'], tracks: readonly Track[], now: number): Promise<void> {
  for (const track of tracks)
    if (!isLate(track, now)) {
      const before = latestOf(track.patrol);
      const window = { before, stored: [], latestAt: before?.at ?? null };
      track.verdict = judgeTrack(window, track.fresh, limitsOf(track.patrol), now);
    }
  let late = tracks.filter(({ verdict }) => verdict === null);
  for (let ahead = FIRST_LOOK; late.length > 0; ahead *= 20) {
    const windows = await trackWindows(
      db,
      late.map(({ patrol, fresh }) => ({
        patrolId: patrol.id,
        since: fresh[0]?.fix.at ?? 0,
        until: fresh.at(-1)?.fix.at ?? 0,
      })),
      ahead,
    );
    late = late.filter((track) => {
      const window = windows.get(track.patrol.id);
      if (!window) return false;
      const latestAt = track.patrol.latest?.at ?? null;
      track.verdict = judgeTrack({ ...window, latestAt }, track.fresh, limitsOf(track.patrol), now);
      return !track.verdict.settled && window.after === ahead;
    });
  }
}

/** What one write brings: fixes to the tracks, the latest of each patrol, and stored ones that are judged otherwise. */
interface Writing {
  fixes: FixRow[];
  latest: Map<string, FixRow>;
  rejudged: Rejudged;
}
const emptyRejudged = (): Rejudged => ({ patrolIds: [], ats: [], marks: [] });

/** Appends what is to be stored of a track; counts it to the batches it came in. */
function append({ fixes, latest, rejudged }: Writing, { patrol, verdict }: Track): void {
  if (!verdict) return;
  for (const { fresh, at, marks } of verdict.placed) {
    const { body, fix, batch } = fresh;
    if (marks.length > 0) batch.marked += 1;
    const stored: FixRow = {
      patrolId: patrol.id,
      at,
      lon: fix.position[0],
      lat: fix.position[1],
      crs: body.crs ?? 'wgs84',
      speedMps: fix.speedMps,
      headingDeg: body.headingDeg ?? null,
      accuracyM: fix.accuracyM,
      battery: body.battery ?? null,
      marks: marks.join(','),
    };
    fixes.push(stored);
    if (fix === verdict.last && !((latest.get(patrol.id)?.at ?? -Infinity) > at)) latest.set(patrol.id, stored);
  }
  for (const { batch } of verdict.repeated) batch.marked += 1;
  for (const { at, marks } of verdict.changed) {
    rejudged.patrolIds.push(patrol.id);
    rejudged.ats.push(at);
    rejudged.marks.push(marks.join(','));
  }
}

/** What is remembered of a patrol after its fixes are written. */
function remember({ patrol, verdict }: Track, now: number): void {
  if (!verdict) return;
  const { last, settled, placed } = verdict;
  if (!settled && last)
    patrol.latest = { lon: last.position[0], lat: last.position[1], at: last.at, accuracyM: last.accuracyM };
  for (const { at } of placed)
    if (at <= now + patrol.maxAheadS * 1000 && at > (patrol.tailAt ?? -Infinity)) patrol.tailAt = at;
}

class Intake {
  private readonly service: Service;
  private waiting: Waiting[] = [];
  private writing = false;
  /** the latest fixes that are in the tracks and not yet written as where their patrols are */
  private unwritten: ReadonlyMap<string, FixRow> = new Map();
  /** the beat that runs now: since when (ms of the process), and how many fixes were written in it */
  private beat = { since: -Infinity, fixes: 0 };
  private timer: NodeJS.Timeout | null = null;
  private readonly remembered = new Map<string, { patrol: KnownPatrol; askedAt: number }>();

  constructor(service: Service) {
    this.service = service;
  }

  take(maySend: Waiting['maySend'], fixes: readonly TakenFix[]): Promise<Taken> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ maySend, fixes, resolve, reject });
      if (!this.writing) void this.writeAll();
    });
  }

  private async writeAll(): Promise<void> {
    this.writing = true;
    while (this.waiting.length > 0) {
      const batches = this.next();
      try {
        await this.write(batches);
      } catch (error) {
        for (const batch of batches) batch.reject(error);
      }
    }
    this.writing = false;
    if (this.unwritten.size > 0) this.timer ??= setTimeout(() => void this.catchUp(), LATEST_EVERY_MS).unref();
  }

  /** Moves the patrols whose fixes came too fast to be moved with each; after the last fix of a burst nothing else would. */
  private async catchUp(): Promise<void> {
    this.timer = null;
    if (this.writing) return;
    this.writing = true;
    // what fails here comes with the next fix
    await this.store(
      { fixes: [], latest: new Map(this.unwritten), rejudged: emptyRejudged() },
      this.service.now(),
    ).catch(() => undefined);
    await this.writeAll();
  }

  private next(): Waiting[] {
    let fixes = 0;
    let count = 0;
    for (const batch of this.waiting) {
      if (count > 0 && fixes + batch.fixes.length > MOST_FIXES) break;
      fixes += batch.fixes.length;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  private async known(ids: readonly string[]): Promise<Map<string, KnownPatrol>> {
    const now = this.service.now().getTime();
    if (this.remembered.size > MOST_REMEMBERED) this.remembered.clear();
    // a clock that was set back makes nothing stay for longer
    const missing = ids.filter((id) => {
      const age = now - (this.remembered.get(id)?.askedAt ?? -Infinity);
      return age < 0 || age >= REMEMBERED_MS;
    });
    for (const id of missing) this.remembered.delete(id);
    const found =
      missing.length === 0 ? [] : await knownPatrols(this.service.database.knex, missing, this.service.now());
    for (const patrol of found) {
      const last = this.unwritten.get(patrol.id);
      if (last && last.at > (patrol.latest?.at ?? -Infinity)) patrol.latest = last;
      this.remembered.set(patrol.id, { patrol, askedAt: now });
    }
    const known = new Map<string, KnownPatrol>();
    for (const id of ids) {
      const remembered = this.remembered.get(id);
      if (remembered) known.set(id, remembered.patrol);
    }
    return known;
  }

  private async store({ fixes, latest, rejudged }: Writing, now: Date): Promise<void> {
    const { database } = this.service;
    const { beat } = this;
    if (performance.now() - beat.since >= LATEST_EVERY_MS) this.beat = { since: performance.now(), fixes: 0 };
    this.beat.fixes += fixes.length;
    if (this.beat === beat && beat.fixes > AT_ONCE && rejudged.patrolIds.length === 0) {
      if (fixes.length > 0) await writeFixes(database.knex, fixes, [], now);
      this.unwritten = latest;
      return;
    }
    if (rejudged.patrolIds.length > 0)
      await inTransaction(database, async (trx) => {
        await writeFixes(trx, fixes, [...latest.values()], now);
        await rewriteMarks(trx, rejudged, now);
      });
    else if (fixes.length + latest.size > 0) await writeFixes(database.knex, fixes, [...latest.values()], now);
    this.unwritten = new Map();
  }

  private async write(batches: readonly Waiting[]): Promise<void> {
    const { database } = this.service;
    const now = this.service.now();
    const ids = [...new Set(batches.flatMap(({ fixes }) => fixes.map(({ patrolId }) => patrolId)))];
    const known = await this.known(ids);
    const tracks = new Map<string, Track>();
    const taken: { waiting: Waiting; batch: Taken }[] = [];
    for (const waiting of batches) {
      // One patrol that is not the sender's, and nothing of the batch is written.
      const patrols = waiting.fixes.map(({ patrolId }) => known.get(patrolId));
      const foreign = patrols.findIndex((patrol) => !patrol || !waiting.maySend(patrol));
      if (foreign !== -1) {
        waiting.reject(
          new Problem('not_found', [
            { path: `/${String(foreign)}/patrolId`, code: 'not_found', message: 'no such patrol here' },
          ]),
        );
        continue;
      }
      const batch: Taken = { accepted: waiting.fixes.length, marked: 0 };
      taken.push({ waiting, batch });
      waiting.fixes.forEach((body, index) => {
        const patrol = patrols[index];
        if (!patrol) return;
        const judged: Judged = { body, fix: judgedFix(body), batch };
        // Off duty, where somebody is concerns nobody.
        if (patrol.endedAt !== null && judged.fix.at > patrol.endedAt) return;
        const track = tracks.get(patrol.id);
        if (track) track.fresh.push(judged);
        else tracks.set(patrol.id, { patrol, fresh: [judged], verdict: null });
      });
    }
    // In id order, so that two nodes never wait for each other.
    const inOrder = [...tracks.values()].sort((a, b) => (a.patrol.id < b.patrol.id ? -1 : 1));
    for (const { fresh } of inOrder) if (fresh.length > 1) fresh.sort((a, b) => a.fix.at - b.fix.at);
    await judgeAll(database.knex, inOrder, now.getTime());
    // a copy: what cannot be written into the tracks is nobody's latest
    const latest = new Map(this.unwritten);
    const writing: Writing = { fixes: [], latest, rejudged: emptyRejudged() };
    for (const track of inOrder) append(writing, track);
    await this.store(writing, now);
    for (const track of inOrder) remember(track, now.getTime());
    for (const { waiting, batch } of taken) waiting.resolve(batch);
  }
}

const intakes = new WeakMap<Service, Intake>();

function intakeOf(service: Service): Intake {
  let intake = intakes.get(service);
  if (!intake) intakes.set(service, (intake = new Intake(service)));
  return intake;
}

/** Takes a batch: kept, marked where implausible. 404 (and nothing written) when one patrol is not the caller's, 422 for a time before 2020. */
export function takeFixes(service: Service, actor: Actor, fixes: readonly PositionBody[]): Promise<Taken> {
  const old = fixes.findIndex(({ at }) => !(Date.parse(at) >= OLDEST));
  if (old !== -1) throw fieldProblem(`/${String(old)}/at`, 'range', 'before 2020');
  const staff = staffOf({ actor });
  return intakeOf(service).take((patrol) => maySend(staff, patrol), fixes);
}

/** Takes what a registered device told, for patrols that were found by its own registration. */
export const takeDeviceFixes = (service: Service, fixes: readonly TakenFix[]): Promise<Taken> =>
  intakeOf(service).take(() => true, fixes);
