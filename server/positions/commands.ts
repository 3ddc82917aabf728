/**
 * Takes fixes in batches. Batches that arrive while one is being written wait and are written together in the next
 * statement: one commit for all of them, and nobody waits longer than for two.
 */
import { convert } from '../../shared/geo.ts';
import type { PositionBody } from '../../shared/positions.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type { Actor, Staff } from '../context.ts';
import { staffOf } from '../context.ts';
import type { Service } from '../realtime/command.ts';
import { type JudgedFix, marksOf } from './marks.ts';
import { type FixColumns, type KnownPatrol, knownPatrols, writeFixes } from './queries.ts';

/** How many fixes were taken, and how many of them nobody should believe. */
export interface Taken {
  accepted: number;
  marked: number;
}
interface Waiting {
  actor: Staff;
  fixes: readonly PositionBody[];
  resolve(taken: Taken): void;
  reject(error: unknown): void;
}

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
  body: PositionBody;
  fix: JudgedFix;
  patrol: KnownPatrol;
  batch: Taken;
}

function judgedFix(body: PositionBody): JudgedFix {
  const position = convert(body.position.coordinates, body.crs ?? 'wgs84', 'wgs84');
  return { position, at: Date.parse(body.at), accuracyM: body.accuracyM ?? null, speedMps: body.speedMps ?? null };
}

/** Appends the fixes of one patrol, oldest first whatever the order they came in; each plausible one is what the next is judged by. Gives the latest. */
function judgeTrack(columns: FixColumns, track: Judged[], patrol: KnownPatrol, now: number): KnownPatrol['latest'] {
  const limits = {
    maxAheadMs: patrol.maxAheadS * 1000,
    maxSpeedMps: patrol.maxSpeedKmh / 3.6,
    worstAccuracyM: patrol.worstAccuracyM,
    slackM: patrol.slackM,
  };
  const { latest } = patrol;
  let before: JudgedFix | null = latest && {
    position: [latest.lon, latest.lat],
    at: latest.at,
    accuracyM: latest.accuracyM,
    speedMps: null,
  };
  let newest = -1;
  for (const { body, fix, batch } of track.sort((a, b) => a.fix.at - b.fix.at)) {
    batch.accepted += 1;
    const marks = marksOf(fix, before, limits, now);
    if (marks.length > 0) batch.marked += 1;
    // Off duty, where somebody is concerns nobody.
    if (patrol.endedAt !== null && fix.at > patrol.endedAt) continue;
    if (marks.length === 0) {
      before = fix;
      newest = columns.patrolIds.length;
    }
    columns.patrolIds.push(patrol.id);
    columns.ats.push(new Date(fix.at).toISOString());
    columns.lons.push(fix.position[0]);
    columns.lats.push(fix.position[1]);
    columns.crs.push(body.crs ?? 'wgs84');
    columns.speeds.push(fix.speedMps);
    columns.headings.push(body.headingDeg ?? null);
    columns.accuracies.push(fix.accuracyM);
    columns.batteries.push(body.battery ?? null);
    columns.marks.push(marks.join(','));
    columns.newest.push(false);
  }
  if (newest === -1 || before === null) return latest;
  columns.newest[newest] = true;
  return { lon: before.position[0], lat: before.position[1], at: before.at, accuracyM: before.accuracyM };
}

class Intake {
  private readonly service: Service;
  private waiting: Waiting[] = [];
  private writing = false;
  private readonly remembered = new Map<string, { patrol: KnownPatrol; askedAt: number }>();

  constructor(service: Service) {
    this.service = service;
  }

  take(actor: Staff, fixes: readonly PositionBody[]): Promise<Taken> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ actor, fixes, resolve, reject });
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
    const found = missing.length === 0 ? [] : await knownPatrols(this.service.database.knex, missing);
    for (const patrol of found) this.remembered.set(patrol.id, { patrol, askedAt: now });
    const known = new Map<string, KnownPatrol>();
    for (const id of ids) {
      const remembered = this.remembered.get(id);
      if (remembered) known.set(id, remembered.patrol);
    }
    return known;
  }

  private async write(batches: readonly Waiting[]): Promise<void> {
    const { database } = this.service;
    const now = this.service.now();
    const ids = [...new Set(batches.flatMap(({ fixes }) => fixes.map(({ patrolId }) => patrolId)))];
    const known = await this.known(ids);
    const tracks = new Map<string, Judged[]>();
    const taken: { waiting: Waiting; batch: Taken }[] = [];
    for (const waiting of batches) {
      // One patrol that is not the sender's, and nothing of the batch is written.
      const patrols = waiting.fixes.map(({ patrolId }) => known.get(patrolId));
      const foreign = patrols.findIndex((patrol) => !patrol || !maySend(waiting.actor, patrol));
      if (foreign !== -1) {
        waiting.reject(
          new Problem('not_found', [
            { path: `/${String(foreign)}/patrolId`, code: 'not_found', message: 'no such patrol here' },
          ]),
        );
        continue;
      }
      const batch: Taken = { accepted: 0, marked: 0 };
      taken.push({ waiting, batch });
      waiting.fixes.forEach((body, index) => {
        const patrol = patrols[index];
        if (!patrol) return;
        const track = tracks.get(patrol.id);
        const judged: Judged = { body, fix: judgedFix(body), patrol, batch };
        if (track) track.push(judged);
        else tracks.set(patrol.id, [judged]);
      });
    }
    const columns: FixColumns = {
      patrolIds: [],
      ats: [],
      lons: [],
      lats: [],
      crs: [],
      speeds: [],
      headings: [],
      accuracies: [],
      batteries: [],
      marks: [],
      newest: [],
    };
    const latest = new Map<KnownPatrol, KnownPatrol['latest']>();
    // In id order, so that two nodes never wait for each other.
    for (const [id, track] of [...tracks].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const patrol = known.get(id);
      if (patrol) latest.set(patrol, judgeTrack(columns, track, patrol, now.getTime()));
    }
    if (columns.patrolIds.length > 0) await writeFixes(database.knex, columns, now);
    for (const [patrol, fix] of latest) patrol.latest = fix;
    for (const { waiting, batch } of taken) waiting.resolve(batch);
  }
}

const intakes = new WeakMap<Service, Intake>();

/** Takes a batch: kept, marked where implausible. 404 (and nothing written) when one patrol is not the caller's, 422 for a time before 2020. */
export function takeFixes(service: Service, actor: Actor, fixes: readonly PositionBody[]): Promise<Taken> {
  const old = fixes.findIndex(({ at }) => !(Date.parse(at) >= OLDEST));
  if (old !== -1) throw fieldProblem(`/${String(old)}/at`, 'range', 'before 2020');
  let intake = intakes.get(service);
  if (!intake) intakes.set(service, (intake = new Intake(service)));
  return intake.take(staffOf({ actor }), fixes);
}
