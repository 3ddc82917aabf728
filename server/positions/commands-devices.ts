/** What registered trackers tell: whose it is, on which outing it was at that time, and when each was last heard of. */
import type { SpeedUnit } from '../../shared/patrols.ts';
import { Problem } from '../../shared/problems.ts';
import type { Limits } from '../http/limits.ts';
import { isDeviceToken } from '../patrols/queries-device-token.ts';
import type { Service } from '../realtime/command.ts';
import { heardOf } from './commands-heartbeat.ts';
import { takeDeviceFixes, type TakenFix } from './commands.ts';
import { devicesByName, type KnownDevice, type Outing, outingsOf, writeSeen } from './queries-devices.ts';
import type { Told } from './told.ts';

/** Basic authentication, as it was sent. */
export interface Credentials {
  user: string;
  password: string;
}
/** From where a call came and what it is held to. */
export interface Caller {
  limits: Limits;
  /** prefix of its address */
  address: string;
  credentials: Credentials | null;
}

/** A device's row is written at most this often; more would only wear the disk. */
const SEEN_EVERY_MS = 10_000;
const MOST_REMEMBERED = 50_000;
const METRES_PER_SECOND: Readonly<Record<SpeedUnit, number>> = { mps: 1, kmh: 1 / 3.6, kn: 1852 / 3600, mph: 0.44704 };

interface Seen {
  at: Date;
  battery: number | null;
}
/** What this node remembers of devices, and those it has heard of and not yet written. */
class Devices {
  private readonly service: Service;
  /** ids that were registered when last they called: they are let through whatever strangers do behind the same address */
  private readonly registered = new Set<string>();
  private readonly written = new Map<string, number>();
  private waiting = new Map<string, Seen>();
  private writing: Promise<void> = Promise.resolve();

  constructor(service: Service) {
    this.service = service;
  }

  async find(uniqueIds: readonly string[], { limits, address }: Caller): Promise<Map<string, KnownDevice>> {
    for (const id of uniqueIds) {
      await limits.call('devices', id);
      if (!this.registered.has(id)) await limits.strangerAllowed(address);
    }
    const found = new Map<string, KnownDevice>();
    for (const device of await devicesByName(this.service.database.knex, uniqueIds)) found.set(device.uniqueId, device);
    if (this.registered.size > MOST_REMEMBERED) this.registered.clear();
    for (const id of uniqueIds)
      if (found.has(id)) this.registered.add(id);
      else {
        this.registered.delete(id);
        await limits.strangerCame(address);
      }
    return found;
  }

  /** Whether it is long enough ago that it was written. */
  isDue(id: string): boolean {
    const age = this.service.now().getTime() - (this.written.get(id) ?? -Infinity);
    return age < 0 || age >= SEEN_EVERY_MS;
  }

  /** Resolves when it is written; those that come meanwhile are written together. */
  see(id: string, battery: number | null): Promise<void> {
    if (this.written.size > MOST_REMEMBERED) this.written.clear();
    const at = this.service.now();
    this.written.set(id, at.getTime());
    this.waiting.set(id, { at, battery });
    this.writing = this.writing.catch(() => undefined).then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<void> {
    if (this.waiting.size === 0) return;
    // in id order, so that two nodes never wait for each other
    const batch = [...this.waiting].sort(([a], [b]) => (a < b ? -1 : 1));
    this.waiting = new Map();
    await writeSeen(this.service.database.knex, {
      ids: batch.map(([id]) => id),
      ats: batch.map(([, { at }]) => at.toISOString()),
      batteries: batch.map(([, { battery }]) => battery),
    });
  }
}
const all = new WeakMap<Service, Devices>();
function devicesOf(service: Service): Devices {
  let devices = all.get(service);
  if (!devices) all.set(service, (devices = new Devices(service)));
  return devices;
}

/** The device that these credentials are the unique id and token of, or undefined. */
export async function deviceOf(service: Service, caller: Caller): Promise<KnownDevice | undefined> {
  const { credentials, limits, address } = caller;
  if (!credentials) return undefined;
  const device = (await devicesOf(service).find([credentials.user], caller)).get(credentials.user);
  if (!device) return undefined;
  if (isDeviceToken(service.followKey, device.id, device.tokenVersion, credentials.password)) return device;
  await limits.strangerCame(address);
  return undefined;
}

const unknown = (path: string): Problem =>
  new Problem('unknown_device', [
    { path, code: 'unknown_device', message: 'not registered, not in use, or a wrong token' },
  ]);

/** The devices that messages name: all of them registered, in use, and with the right token where one is given or asked for; else unknown_device. */
export async function devicesTold(
  service: Service,
  told: readonly Told[],
  caller: Caller,
): Promise<Map<string, KnownDevice>> {
  const { credentials, limits, address } = caller;
  const found = await devicesOf(service).find([...new Set(told.map(({ uniqueId }) => uniqueId))], caller);
  for (const { uniqueId, idPath, token } of told) {
    const device = found.get(uniqueId);
    if (!device) throw unknown(idPath);
    const given = [token, credentials?.user === uniqueId ? credentials.password : null].filter((each) => each !== null);
    const right = given.every((each) => isDeviceToken(service.followKey, device.id, device.tokenVersion, each));
    if (!right || (device.tokenRequired && given.length === 0)) {
      await limits.strangerCame(address);
      throw unknown(idPath);
    }
  }
  return found;
}

const covers = ({ startedAt, endedAt }: Outing, at: number): boolean =>
  startedAt <= at && (endedAt === null || at <= endedAt);

/**
 * Keeps what devices tell. A fix belongs to the outing that the device, or its vehicle, was on at the time of the fix, so that
 * a queue of last night finds its track; outside any outing where somebody is concerns nobody, and only that the device lives is kept.
 */
export async function takeTold(
  service: Service,
  devices: ReadonlyMap<string, KnownDevice>,
  told: readonly Told[],
): Promise<void> {
  if (told.length === 0) return;
  const now = service.now().getTime();
  const times = told.map(({ at }) => at ?? now);
  const ids = [...devices.values()].map(({ id }) => id);
  const outings = await outingsOf(
    service.database.knex,
    ids,
    new Date(times.reduce((a, b) => Math.min(a, b), now)),
    new Date(times.reduce((a, b) => Math.max(a, b), now)),
  );
  const fixes: TakenFix[] = [];
  const batteries = new Map<string, { at: number; battery: number }>();
  for (const { uniqueId, at: said, position, speed, speedUnit, headingDeg, accuracyM, battery, unsure } of told) {
    const device = devices.get(uniqueId);
    if (!device) continue;
    const at = said ?? now;
    if (battery !== null && (batteries.get(device.id)?.at ?? -Infinity) <= at)
      batteries.set(device.id, { at, battery });
    const outing = outings.find((each) => each.deviceId === device.id && covers(each, at));
    if (position === null || !outing) continue;
    fixes.push({
      patrolId: outing.patrolId,
      position: { type: 'Point', coordinates: position },
      at: new Date(at).toISOString(),
      ...(speed === null ? {} : { speedMps: speed * METRES_PER_SECOND[speedUnit ?? device.speedUnit] }),
      ...(headingDeg === null ? {} : { headingDeg }),
      ...(accuracyM === null ? {} : { accuracyM }),
      ...(battery === null ? {} : { battery }),
      ...(unsure ? { unsure } : {}),
    });
  }
  if (fixes.length > 0) await takeDeviceFixes(service, fixes);
  const seen = devicesOf(service);
  for (const id of ids) {
    if (!seen.isDue(id)) continue;
    const battery = batteries.get(id)?.battery ?? null;
    const outing = outings.find((each) => each.deviceId === id && covers(each, now));
    await Promise.all([
      seen.see(id, battery),
      ...(outing ? [heardOf(service, outing.patrolId, { tracking: null, battery })] : []),
    ]);
  }
}
