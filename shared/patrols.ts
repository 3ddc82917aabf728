/** Patrols (one outing of a crew), vehicles and tracking devices. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';
import { skill } from './skills.ts';

export const patrolStatuses = ['free', 'busy', 'break', 'ended'] as const;
export type PatrolStatus = (typeof patrolStatuses)[number];
/** What happens while a crew does not answer the roll call, in the order of growing alarm; when each is due is the rule `roll_call.ladder`. */
export const rollCallRungs = ['crew_alarm', 'desk_alarm', 'duty_officer'] as const;

export const vehicleRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  name: z.string(),
  plate: z.nullable(z.string()),
  seats: z.number(),
  active: z.boolean(),
});
export type VehicleRow = z.infer<typeof vehicleRow>;
export const patrolRow = z.object({
  id: idSchema,
  version: z.number(),
  /** short number that stands for the patrol in packed positions */
  num: z.number(),
  stationId: idSchema,
  name: z.string(),
  vehicleId: z.nullable(idSchema),
  vehicleName: z.nullable(z.string()),
  crew: z.array(idSchema),
  crewCount: z.number(),
  status: z.enum(patrolStatuses),
  startedAt: instant,
  endedAt: z.nullable(instant),
  /** seats of its vehicle with the crew's own; null on foot */
  seats: z.nullable(z.number()),
  /** of its crew together, by the crew members' own rows */
  skills: z.array(skill),
  shiftEndsAt: z.nullable(instant),
  /** the desk set its present status */
  setByDesk: z.boolean(),
  /** the crew's safety timer: until when it should have been heard of; null while it does not run (break) */
  rollCallDueAt: z.nullable(instant),
  /** how far a missed call has climbed */
  rollCallRung: z.nullable(z.enum(rollCallRungs)),
});
export type PatrolRow = z.infer<typeof patrolRow>;
/** Somebody who can be taken on an outing; `patrolId` is the one they are on now. */
export const crewMember = z.object({
  id: idSchema,
  stationId: idSchema,
  name: z.string(),
  skills: z.array(skill),
  patrolId: z.nullable(idSchema),
});
export type CrewMember = z.infer<typeof crewMember>;
export const speedUnits = ['mps', 'kmh', 'kn', 'mph'] as const;
export type SpeedUnit = (typeof speedUnits)[number];
export const deviceRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  uniqueId: z.string(),
  label: z.string(),
  patrolId: z.nullable(idSchema),
  vehicleId: z.nullable(idSchema),
  speedUnit: z.enum(speedUnits),
  active: z.boolean(),
  lastSeenAt: z.nullable(instant),
  battery: z.nullable(z.number()),
  /** fixes count only with the token of the device */
  tokenRequired: z.boolean(),
});
/** A device with its secret and the addresses to set it up with. */
export const deviceSetup = z.object({
  id: idSchema,
  version: z.number(),
  uniqueId: z.string(),
  token: z.string(),
  /** for clients of the OsmAnd/Traccar protocol */
  osmandUrl: z.string(),
  /** a picture (data:image/svg+xml) of that address, to be scanned */
  osmandQr: z.string(),
  /** for OwnTracks in HTTP mode: user is the unique id, password the token */
  owntracksUrl: z.string(),
  /** a picture of a link that sets OwnTracks up whole, token included */
  owntracksQr: z.string(),
});
export type DeviceRow = z.infer<typeof deviceRow>;

const onMap = [...desk, 'inspector', 'crew'] as const;
const keepers = ['manager', 'admin'] as const;

export const listVehicles = endpoint({
  name: 'listVehicles',
  method: 'GET',
  path: '/api/vehicles',
  who: [...desk, 'admin', 'crew', 'inspector'],
  summary: 'Vehicles of the own subtree',
  query: z.strictObject(paging),
  reply: listOf(vehicleRow),
});
export const createVehicle = endpoint({
  name: 'createVehicle',
  method: 'POST',
  path: '/api/vehicles',
  who: keepers,
  summary: 'Adds a vehicle',
  status: 201,
  replay: 'id',
  body: z.strictObject({
    id: idSchema,
    stationId: z.optional(idSchema),
    name: text(100),
    plate: z.optional(text(20)),
    seats: z.int().check(z.gte(1), z.lte(100)),
  }),
  reply: vehicleRow,
});
export const updateVehicle = endpoint({
  name: 'updateVehicle',
  method: 'PATCH',
  path: '/api/vehicles/:id',
  who: keepers,
  summary: 'Changes a vehicle, or takes it out of use when nobody is out in it',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    name: z.optional(text(100)),
    plate: z.optional(z.nullable(text(20))),
    seats: z.optional(z.int().check(z.gte(1), z.lte(100))),
    active: z.optional(z.boolean()),
  }),
  reply: vehicleRow,
});
export const listPatrols = endpoint({
  name: 'listPatrols',
  method: 'GET',
  path: '/api/patrols',
  who: onMap,
  summary: 'Patrols out now (or all, with status=all), newest first',
  query: z.strictObject({ ...paging, status: z.optional(z.enum([...patrolStatuses, 'all'])) }),
  reply: listOf(patrolRow),
});
export const listCrewMembers = endpoint({
  name: 'listCrewMembers',
  method: 'GET',
  path: '/api/patrols/crew',
  who: desk,
  summary: 'People who can go out, by name, with the outing they are on',
  query: z.strictObject(paging),
  reply: listOf(crewMember),
});
export const startPatrol = endpoint({
  name: 'startPatrol',
  method: 'POST',
  path: '/api/patrols',
  who: [...desk, 'crew'],
  summary: 'A crew goes out',
  status: 201,
  replay: 'id',
  body: z.strictObject({
    id: idSchema,
    stationId: z.optional(idSchema),
    name: z.optional(text(100)),
    vehicleId: z.optional(idSchema),
    crew: z.array(idSchema).check(z.maxLength(50)),
    crewCount: z.int().check(z.gte(1), z.lte(50)),
    shiftEndsAt: z.optional(instant),
  }),
  reply: patrolRow,
});
/** `free` and `break` by hand; `busy` follows from a dispatch; `ended` closes the outing. */
export const updatePatrol = endpoint({
  name: 'updatePatrol',
  method: 'PATCH',
  path: '/api/patrols/:id',
  who: [...desk, 'crew'],
  summary: 'Changes status, name, crew or head count',
  params: idParams,
  body: z.strictObject({
    version: z.optional(z.number()),
    status: z.optional(z.enum(['free', 'break', 'ended'])),
    name: z.optional(text(100)),
    crew: z.optional(z.array(idSchema).check(z.maxLength(50))),
    crewCount: z.optional(z.int().check(z.gte(1), z.lte(50))),
    shiftEndsAt: z.optional(z.nullable(instant)),
  }),
  reply: patrolRow,
});
export const listDevices = endpoint({
  name: 'listDevices',
  method: 'GET',
  path: '/api/devices',
  who: keepers,
  summary: 'Tracking devices of the own subtree',
  query: z.strictObject(paging),
  reply: listOf(deviceRow),
});
const bound = { patrolId: z.optional(z.nullable(idSchema)), vehicleId: z.optional(z.nullable(idSchema)) };
export const createDevice = endpoint({
  name: 'createDevice',
  method: 'POST',
  path: '/api/devices',
  who: keepers,
  summary: 'Registers a tracking device',
  status: 201,
  replay: 'id',
  body: z.strictObject({
    id: idSchema,
    stationId: z.optional(idSchema),
    uniqueId: text(64),
    label: z.optional(text(100)),
    speedUnit: z.optional(z.enum(speedUnits)),
    tokenRequired: z.optional(z.boolean()),
    ...bound,
  }),
  reply: deviceRow,
});
export const updateDevice = endpoint({
  name: 'updateDevice',
  method: 'PATCH',
  path: '/api/devices/:id',
  who: keepers,
  summary: 'Changes a device',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    label: z.optional(text(100)),
    speedUnit: z.optional(z.enum(speedUnits)),
    active: z.optional(z.boolean()),
    tokenRequired: z.optional(z.boolean()),
    ...bound,
  }),
  reply: deviceRow,
});
export const readDeviceSetup = endpoint({
  name: 'readDeviceSetup',
  method: 'POST',
  path: '/api/devices/:id/setup',
  who: keepers,
  replay: 'never',
  summary:
    'The secret of a device and the addresses to set it up with; `renew` makes a new secret and ends the old one',
  params: idParams,
  body: z.strictObject({ renew: z.optional(z.boolean()) }),
  reply: deviceSetup,
});
/** `at` is when the crew said it, on the phone. Any command of the crew counts as an answer, too. */
export const answerRollCall = endpoint({
  name: 'answerRollCall',
  method: 'POST',
  path: '/api/patrols/:id/roll-call',
  who: [...desk, 'crew'],
  summary: 'The crew is well: its safety timer starts anew. The desk may say so for it, having spoken to it',
  params: idParams,
  body: z.strictObject({ at: z.optional(instant) }),
  reply: patrolRow,
});
