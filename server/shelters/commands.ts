import type * as z from 'zod/mini';
import type { Part } from '../../shared/contract.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type {
  Beds,
  countShelter,
  createShelter,
  HoldRow,
  PlaceUnit,
  ShelterCount,
  ShelterRow,
  ShelterView,
  updateShelter,
} from '../../shared/shelters.ts';
import { bedKinds } from '../../shared/shelters.ts';
import { type Context, staffOf } from '../context.ts';
import { pointSql } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { stationFor } from '../stations/commands.ts';
import { noteCount, writeCount } from './commands-counts.ts';
import { holdsOfShelter } from './queries-holds.ts';
import { lockShelterRow, shelterRows, shelterViews } from './queries.ts';

type Create = z.infer<NonNullable<typeof createShelter.body>>;
type Update = z.infer<NonNullable<typeof updateShelter.body>>;

async function shelterRow(ctx: Context, id: string): Promise<ShelterRow> {
  const [found] = await shelterRows(ctx.db, [id]);
  if (!found) throw new Problem('not_found');
  return found;
}

/** The form in which a shelter is answered. */
export async function viewOf(ctx: Context, shelter: ShelterRow): Promise<ShelterView> {
  const [shown] = await shelterViews(ctx.db, [shelter], ctx.now());
  if (!shown) throw new Error('a shelter has no view');
  return shown;
}

/** Locks a house of the caller's subtree until the command ends; 404 for all but their own to shelter staff, and for one given up. */
export async function lockHouse(ctx: Context, id: string): Promise<void> {
  const actor = staffOf(ctx);
  if (actor.role === 'shelter' && actor.shelterId !== id) throw new Problem('not_found');
  if (!(await lockShelterRow(ctx.db, scopeOf(ctx).scope, id))) throw new Problem('not_found');
}

/** The same, and gives its row as it then is. */
export async function lockShelter(ctx: Context, id: string): Promise<ShelterRow> {
  await lockHouse(ctx, id);
  return shelterRow(ctx, id);
}

type Capacity = { [K in keyof Beds]?: Beds[K] | undefined };

type PlaceCounts = Pick<Update, 'capacity' | 'seats' | 'surge'>;

/** Writes what of beds, seats and surge beds is given; what is not stays. */
async function setPlaces(ctx: Context, shelterId: string, { capacity, seats, surge }: PlaceCounts): Promise<void> {
  await setBeds(ctx, shelterId, 'bed', 'total', capacity ?? {});
  await setBeds(ctx, shelterId, 'seat', 'total', seats ?? {});
  await setBeds(ctx, shelterId, 'bed', 'surge', surge ?? {});
}

async function setBeds(
  ctx: Context,
  shelterId: string,
  unit: PlaceUnit,
  column: 'total' | 'surge',
  capacity: Capacity,
): Promise<void> {
  const given = bedKinds.filter((kind) => capacity[kind] !== undefined);
  if (given.length === 0) return;
  await rows(
    ctx.db,
    `insert into shelter_beds (shelter_id, unit, kind, total, surge)
     select cast(:shelterId as uuid), :unit, g.kind, case when :surge then 0 else g.total end, case when :surge then g.total else 0 end
     from unnest(cast(:kinds as text[]), cast(:totals as integer[])) as g (kind, total)
     on conflict (shelter_id, unit, kind) do update set total = case when :surge then shelter_beds.total else excluded.total end,
       surge = case when :surge then excluded.surge else shelter_beds.surge end`,
    { shelterId, unit, surge: column === 'surge', kinds: given, totals: given.map((kind) => capacity[kind]) },
  );
}

/** The tally counts places by when they were open; full is open. */
export async function keepOpening(ctx: Context, shelterId: string, open: boolean): Promise<void> {
  const bindings = { shelterId, now: ctx.now() };
  if (open) {
    await rows(
      ctx.db,
      // closed and opened again within one tick of the clock: it never closed
      `insert into shelter_openings (shelter_id, opened_at) values (cast(:shelterId as uuid), :now)
       on conflict (shelter_id, opened_at) do update set closed_at = null`,
      bindings,
    );
  } else {
    await rows(
      ctx.db,
      `update shelter_openings set closed_at = greatest(opened_at, cast(:now as timestamptz)) where shelter_id = cast(:shelterId as uuid) and closed_at is null`,
      bindings,
    );
  }
}

/** Writes a new shelter, its places and that it is open, unless said otherwise; the fact is for the caller to tell. */
export async function insertShelter(ctx: Context, stationId: string, body: Create): Promise<void> {
  const status = body.status ?? 'open';
  const [lon, lat] = body.position?.coordinates ?? [null, null];
  await rows(
    ctx.db,
    `insert into shelters (id, station_id, name, kind, status, position, address, phone, contact, operator, hours, opening, features, about, confidential, surge_open, counted_at, created_at)
     values (cast(:id as uuid), cast(:stationId as uuid), :name, :kind, :status, ${pointSql(':lon', ':lat')}, :address, cast(:phone as text), cast(:contact as text), cast(:operator as text), :hours,
       cast(:opening as jsonb), cast(:features as text[]), :about, :confidential, :surgeOpen, :now, :now)`,
    {
      id: body.id,
      stationId,
      name: body.name,
      kind: body.kind,
      status,
      lon,
      lat,
      address: body.address,
      phone: body.phone ?? null,
      contact: body.contact ?? null,
      operator: body.operator ?? null,
      hours: body.hours ?? '',
      opening: JSON.stringify(body.opening ?? []),
      features: [...new Set(body.features)],
      about: body.about ?? '',
      surgeOpen: body.surgeOpen ?? false,
      confidential: body.confidential ?? false,
      now: ctx.now(),
    },
  );
  await setPlaces(ctx, body.id, body);
  await noteCount(ctx, body.id, 'capacity');
  if (status !== 'closed') await keepOpening(ctx, body.id, true);
}

/** Adds a shelter. */
export async function addShelter(ctx: Context, body: Create): Promise<ShelterView> {
  const stationId = (await stationFor(ctx, body.stationId)).id;
  await insertShelter(ctx, stationId, body);
  const added = await shelterRow(ctx, body.id);
  record(ctx, { type: 'shelter.created', stationId, rows: { shelters: [added] } });
  return viewOf(ctx, added);
}

const COUNTS: readonly string[] = ['version', 'status', 'capacity', 'seats', 'surge', 'surgeOpen'];

/** Dispatchers and shelter staff count beds; names, places and secrecy are the manager's. */
function judgeFields(ctx: Context, body: Update): void {
  const { role } = staffOf(ctx);
  if (role === 'manager' || role === 'admin') return;
  const barred = Object.keys(body).filter((field) => !COUNTS.includes(field));
  if (barred.length > 0)
    throw new Problem(
      'forbidden',
      barred.map((field) => ({ path: `/${field}`, code: 'forbidden', message: 'for managers' })),
    );
}

/** Changes a shelter. Places may be set below what is taken and held: then nothing is free, and `over` says how many too many are; 409 version_conflict with the current view. */
export async function changeShelter(ctx: Context, id: string, body: Update): Promise<ShelterView> {
  const known = await lockShelter(ctx, id);
  judgeFields(ctx, body);
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: await viewOf(ctx, known) });
  return viewOf(ctx, await writeShelter(ctx, known, body));
}

/** What may be changed of a house. */
export type ShelterChange = Omit<Update, 'version'>;

/** Writes what is given over a house as it is known, under its lock, with its history and its fact; answers the row as it then is. */
export async function writeShelter(ctx: Context, known: ShelterRow, body: ShelterChange): Promise<ShelterRow> {
  const { id } = known;
  const [lon, lat] = body.position?.coordinates ?? [null, null];
  await rows(
    ctx.db,
    `update shelters set status = :status, name = :name, address = :address, phone = cast(:phone as text), contact = cast(:contact as text),
       operator = cast(:operator as text), hours = :hours, opening = cast(:opening as jsonb), features = cast(:features as text[]), about = :about,
       confidential = :confidential, surge_open = :surgeOpen, changed_at = :now, position = coalesce(${pointSql(':lon', ':lat')}, position),
       version = version + 1
     where id = cast(:id as uuid)`,
    {
      id,
      status: body.status ?? known.status,
      name: body.name ?? known.name,
      address: body.address ?? known.address,
      phone: body.phone === undefined ? known.phone : body.phone,
      contact: body.contact === undefined ? known.contact : body.contact,
      operator: body.operator === undefined ? known.operator : body.operator,
      hours: body.hours ?? known.hours,
      opening: JSON.stringify(body.opening ?? known.opening),
      about: body.about === undefined ? known.about : (body.about ?? ''),
      surgeOpen: body.surgeOpen ?? known.surgeOpen,
      features: [...new Set(body.features ?? known.features)],
      confidential: body.confidential ?? known.confidential,
      lon,
      lat,
      now: ctx.now(),
    },
  );
  await setPlaces(ctx, id, body);
  if (COUNTS.some((field) => field !== 'version' && Object.hasOwn(body, field))) await noteCount(ctx, id, 'capacity');
  const opens = (body.status ?? known.status) !== 'closed';
  if (opens !== (known.status !== 'closed')) await keepOpening(ctx, id, opens);
  const changed = await shelterRow(ctx, id);
  // A hold tells the crew where to go: it moves with the shelter.
  const moved = body.name !== undefined || body.address !== undefined || body.position !== undefined;
  const holds: HoldRow[] = moved ? await holdsOfShelter(ctx.db, id) : [];
  record(ctx, {
    type: 'shelter.changed',
    stationId: changed.stationId,
    rows: { shelters: [changed], ...(holds.length > 0 ? { holds } : {}) },
  });
  return changed;
}

/** Heads as somebody counted them, beside what was registered at that moment. */
export async function countHeads(
  ctx: Context,
  id: string,
  body: Part<(typeof countShelter)['body']>,
): Promise<ShelterCount> {
  const { stationId } = await lockShelter(ctx, id);
  const counted = await writeCount(ctx, id, body.night === true ? 'night_count' : 'count', {
    id: body.id,
    people: body.people,
    note: body.note ?? null,
  });
  record(ctx, { type: 'shelter.counted', stationId, rows: { shelters: [await shelterRow(ctx, id)] } });
  return counted;
}

/** A dispatch named in a body that is not there for the caller. */
export const noDispatch = (): Problem => fieldProblem('/dispatchId', 'not_found', 'no such job here', 'not_found');
