/** A list of shelters from a file: judged line by line, then added and changed all or none. */
import { createHash, randomUUID } from 'node:crypto';
import type * as z from 'zod/mini';
import { type FieldError, Problem } from '../../shared/problems.ts';
import { bedColumns, type ImportedShelter, importShelters, type ShelterColumn } from '../../shared/shelter-import.ts';
import { bedKinds, noBeds, type ShelterRow } from '../../shared/shelters.ts';
import type { StationRow } from '../../shared/stations.ts';
import { type Actor, type Context, staffOf } from '../context.ts';
import { SHELTER_IMPORT_LOCK } from '../db/locks.ts';
import { rows } from '../db/rows.ts';
import { claim, fingerprint } from '../http/idempotency.ts';
import { readContext, runCommand, type Service } from '../realtime/command.ts';
import { record } from '../realtime/record.ts';
import { liveStations } from '../stations/queries.ts';
import { stationNamed, stationWords } from '../stations/queries-named.ts';
import { changeShelter, insertShelter } from './commands.ts';
import { liveShelters, shelterRows } from './queries.ts';
import { readShelterFile, type ShelterFile, type ShelterLine } from './shelter-file.ts';
import { judgeLine, type SaidShelter } from './shelter-lines.ts';

type Imported = z.infer<typeof importShelters.reply>;
/** What a line comes to: a new shelter, or one that is there with what of it changes. */
interface Planned {
  said: SaidShelter;
  stationId: string;
  known: ShelterRow | null;
  changes: ShelterColumn[];
}

/** Five decimals are a metre: what is nearer is the same place, converted back and forth. */
const samePlace = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((degrees, n) => Math.abs(degrees - (b[n] ?? Infinity)) < 1e-5);

/** The columns whose cells say something else than the shelter as it is. */
function changesOf(said: SaidShelter, known: ShelterRow): ShelterColumn[] {
  const changed = (
    ['status', 'address', 'phone', 'hours', 'confidential', 'operator', 'contact', 'about'] as const
  ).filter((column) => said[column] !== undefined && said[column] !== known[column]);
  const features =
    said.features &&
    (said.features.length !== known.features.length || said.features.some((code) => !known.features.includes(code)));
  const moved = said.position && !samePlace(said.position, known.position?.coordinates ?? []);
  const beds = bedKinds.filter((kind) => said.beds[kind] !== undefined && said.beds[kind] !== known.beds[kind]);
  return [
    ...changed,
    ...(moved ? (['lon', 'lat'] as const) : []),
    ...(features ? (['features'] as const) : []),
    ...beds.map((kind) => bedColumns[kind]),
    ...(said.seats !== undefined && said.seats !== known.seats.any ? (['seats'] as const) : []),
    ...(said.surge !== undefined && said.surge !== known.surgeBeds.any ? (['surge'] as const) : []),
  ];
}

/** Where lines go and whether there is such a shelter: names count within a station. */
class Judge {
  private readonly own: string;
  private readonly update: boolean;
  private readonly stations: readonly StationRow[];
  private readonly known = new Map<string, ShelterRow[]>();
  private readonly first = new Map<string, number>();

  constructor(own: string, update: boolean, stations: readonly StationRow[], shelters: readonly ShelterRow[]) {
    this.own = own;
    this.update = update;
    this.stations = stations;
    for (const shelter of shelters) {
      const key = Judge.keyOf(shelter.stationId, shelter.name);
      this.known.set(key, [...(this.known.get(key) ?? []), shelter]);
    }
  }

  private static keyOf(stationId: string, name: string): string {
    return `${stationId} ${name}`;
  }

  judge(file: ShelterLine): { planned: Planned | null; errors: FieldError[] } {
    const { said, errors } = judgeLine(file);
    const say = (column: ShelterColumn, code: string, message: string): void => {
      errors.push({ path: `/rows/${String(file.line)}/${column}`, code, message });
    };
    const station = stationNamed(file.cells.station ?? '', this.own, this.stations);
    if (typeof station === 'string') {
      say('station', station, stationWords[station]);
      return { planned: null, errors };
    }
    const name = said?.name ?? file.cells.name?.trim() ?? '';
    const key = Judge.keyOf(station.id, name);
    const [known, ...others] = this.known.get(key) ?? [];
    const before = this.first.get(key);
    if (name !== '' && before !== undefined) say('name', 'duplicate', `as in line ${String(before)}`);
    else this.first.set(key, file.line);
    if (known && !this.update) say('name', 'taken', 'there is a shelter of this name');
    else if (others.length > 0) say('name', 'ambiguous', 'several shelters have this name');
    if (said && known && this.update && said.kind !== undefined && said.kind !== known.kind)
      say('kind', 'fixed', 'the kind of a shelter stays as it is');
    if (said && !known)
      for (const column of ['kind', 'address'] as const)
        if (said[column] === undefined) say(column, 'required', 'required');
    if (!said || errors.length > 0) return { planned: null, errors };
    const planned = { said, stationId: station.id, known: known ?? null, changes: known ? changesOf(said, known) : [] };
    return { planned, errors };
  }
}

async function judgeFile(
  ctx: Context,
  file: ShelterFile,
  update: boolean,
): Promise<{ planned: Planned[]; errors: FieldError[] }> {
  const own = staffOf(ctx).stationId;
  const judge = new Judge(own, update, await liveStations(ctx.db, own), await liveShelters(ctx.db, own));
  const judged = file.lines.map((line) => judge.judge(line));
  const lineOf = ({ path }: FieldError): number => Number(path.split('/')[2]);
  return {
    planned: judged.flatMap(({ planned }) => planned ?? []),
    errors: [...file.errors, ...judged.flatMap(({ errors }) => errors)].sort((a, b) => lineOf(a) - lineOf(b)),
  };
}

/** The shelter as it would be. */
function preview({ said, stationId, known, changes }: Planned, id: string | null): ImportedShelter {
  const [lon, lat] = said.position ?? [];
  return {
    line: said.line,
    action: known ? (changes.length > 0 ? 'change' : 'same') : 'add',
    id,
    stationId,
    name: said.name ?? '',
    kind: said.kind ?? known?.kind ?? 'warm_place',
    status: said.status ?? known?.status ?? 'open',
    address: said.address ?? known?.address ?? '',
    position:
      lon === undefined || lat === undefined ? (known?.position ?? null) : { type: 'Point', coordinates: [lon, lat] },
    features: said.features ?? known?.features ?? [],
    confidential: said.confidential ?? known?.confidential ?? false,
    beds: { ...(known?.beds ?? noBeds()), ...said.beds },
    seats: said.seats ?? known?.seats.any ?? 0,
    surge: said.surge ?? known?.surgeBeds.any ?? 0,
    changes,
  };
}

/** What a line says in the form of a shelter's own calls. */
function fieldsOf({ said }: Planned) {
  const { line: _line, name: _name, kind: _kind, position, beds, seats, surge, ...rest } = said;
  return {
    ...rest,
    ...(position ? { position: { type: 'Point' as const, coordinates: position } } : {}),
    ...(Object.keys(beds).length > 0 ? { capacity: beds } : {}),
    ...(seats === undefined ? {} : { seats: { any: seats } }),
    ...(surge === undefined ? {} : { surge: { any: surge } }),
  };
}

async function store(ctx: Context, planned: readonly Planned[]): Promise<ImportedShelter[]> {
  const ids = new Map(planned.map((each) => [each, each.known?.id ?? randomUUID()]));
  const idOf = (each: Planned): string => ids.get(each) ?? '';
  const added = planned.filter(({ known }) => !known);
  for (const each of added) {
    const { name = '', kind = 'warm_place', address = '' } = each.said;
    await insertShelter(ctx, each.stationId, { capacity: {}, ...fieldsOf(each), id: idOf(each), name, kind, address });
  }
  for (const shelter of await shelterRows(ctx.db, added.map(idOf)))
    record(ctx, { type: 'shelter.created', stationId: shelter.stationId, rows: { shelters: [shelter] } });
  // in the order of ids, as every command locks them
  const changed = planned.filter(({ changes }) => changes.length > 0).sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  for (const each of changed)
    await changeShelter(ctx, idOf(each), { version: each.known?.version ?? 0, ...fieldsOf(each) });
  ctx.subjects.push(...[...added, ...changed].map(idOf));
  return planned.map((each) => preview(each, idOf(each)));
}

/** What is asked of a file beside the file itself. */
export interface ImportAsk {
  dryRun: boolean;
  update: boolean;
  /** the body is a workbook */
  workbook: boolean;
  /** the caller's idempotency key */
  key: string | null;
}

/** Judges a file and, unless it is a dry run, adds and changes all that is in it; 422 with all that is wrong, and then nothing is. */
export async function importShelterList(
  service: Service,
  actor: Actor,
  bytes: Buffer,
  { dryRun, update, workbook, key }: ImportAsk,
): Promise<Imported> {
  const file = await readShelterFile(bytes, workbook);
  const { encoding, columns } = file;
  if (dryRun) {
    const { planned, errors } = await judgeFile(readContext(service, actor), file, update);
    return { dryRun, encoding, items: planned.map((each) => preview(each, each.known?.id ?? null)), errors };
  }
  const keep = key === null ? undefined : { key, status: importShelters.status };
  const audit = { command: importShelters.name, subjectIds: [], fields: columns, keep };
  return runCommand(service, actor, audit, async (ctx) => {
    if (key !== null) {
      const print = createHash('sha256').update(bytes).digest('hex');
      await claim(ctx.db, key, fingerprint(importShelters, actor, { update, workbook }, print), ctx.now());
    }
    // two at once are judged one after the other: each counts on the names it has read
    await rows(ctx.db, `select pg_advisory_xact_lock(:lock)`, { lock: SHELTER_IMPORT_LOCK });
    const { planned, errors } = await judgeFile(ctx, file, update);
    if (errors.length > 0) throw new Problem('invalid', errors);
    return { dryRun, encoding, items: await store(ctx, planned), errors };
  });
}
