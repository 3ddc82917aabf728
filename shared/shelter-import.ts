/** A list of shelters from a spreadsheet: what its columns are called, and the call that takes it. */
import * as z from 'zod/mini';
import { endpoint } from './contract.ts';
import { pointSchema } from './geo.ts';
import { idSchema } from './ids.ts';
import { type BedKind, bedKinds, shelterFeatures, shelterKinds, shelterStatuses } from './shelters.ts';

/** Rows and bytes of one file at most. */
export const shelterFileLimits = { rows: 2_000, bytes: 2_000_000 } as const;

/** The columns, and what else lists call them, in either language; the first of each stands in the template. */
export const shelterColumns = {
  name: { en: ['name', 'shelter'], 'zh-CN': ['名称', '救助点', '避寒点', '救助点名称'] },
  kind: { en: ['kind', 'type'], 'zh-CN': ['类型', '种类'] },
  status: { en: ['status'], 'zh-CN': ['状态'] },
  address: { en: ['address'], 'zh-CN': ['地址', '详细地址'] },
  lon: { en: ['lon', 'longitude', 'lng'], 'zh-CN': ['经度'] },
  lat: { en: ['lat', 'latitude'], 'zh-CN': ['纬度'] },
  crs: { en: ['crs', 'coordinate system'], 'zh-CN': ['坐标系', '坐标系统'] },
  phone: { en: ['phone', 'telephone'], 'zh-CN': ['电话', '联系电话'] },
  hours: { en: ['hours', 'opening hours'], 'zh-CN': ['开放时间'] },
  features: { en: ['features'], 'zh-CN': ['设施', '设施与条件'] },
  confidential: { en: ['confidential'], 'zh-CN': ['保密', '是否保密'] },
  station: { en: ['station'], 'zh-CN': ['所属站', '救助站', '管理站'] },
  bedsAny: { en: ['beds', 'beds any'], 'zh-CN': ['床位', '不限床位'] },
  bedsMen: { en: ['beds men', 'men'], 'zh-CN': ['男床位', '男'] },
  bedsWomen: { en: ['beds women', 'women'], 'zh-CN': ['女床位', '女'] },
  bedsFamily: { en: ['beds family', 'family'], 'zh-CN': ['家庭床位', '家庭'] },
  bedsAccessible: { en: ['beds accessible', 'accessible'], 'zh-CN': ['无障碍床位', '无障碍'] },
  bedsQuarantine: { en: ['beds quarantine', 'quarantine'], 'zh-CN': ['隔离床位', '隔离'] },
  seats: { en: ['seats'], 'zh-CN': ['座位'] },
  surge: { en: ['surge', 'surge beds'], 'zh-CN': ['应急床位', '加床'] },
  operator: { en: ['operator', 'run by'], 'zh-CN': ['运营单位', '主办单位'] },
  contact: { en: ['contact'], 'zh-CN': ['联系人'] },
  about: { en: ['about', 'note', 'notes'], 'zh-CN': ['说明', '备注'] },
} as const satisfies Record<string, Record<'en' | 'zh-CN', readonly [string, ...string[]]>>;
export type ShelterColumn = keyof typeof shelterColumns;
export const shelterColumnNames = Object.keys(shelterColumns) as ShelterColumn[];
/** The column of each kind of bed. */
export const bedColumns = {
  any: 'bedsAny',
  men: 'bedsMen',
  women: 'bedsWomen',
  family: 'bedsFamily',
  accessible: 'bedsAccessible',
  quarantine: 'bedsQuarantine',
} as const satisfies Record<BedKind, ShelterColumn>;

const line = z.number();
const beds = z.object(
  Object.fromEntries(bedKinds.map((kind) => [kind, z.number()])) as Record<BedKind, z.ZodMiniNumber>,
);
/** What a row of the file comes to: the shelter as it then is. */
export const importedShelter = z.object({
  line,
  action: z.enum(['add', 'change', 'same']),
  /** null while a new one is only judged */
  id: z.nullable(idSchema),
  stationId: idSchema,
  name: z.string(),
  kind: z.enum(shelterKinds),
  status: z.enum(shelterStatuses),
  address: z.string(),
  position: z.nullable(pointSchema),
  features: z.array(z.enum(shelterFeatures)),
  confidential: z.boolean(),
  beds,
  seats: z.number(),
  surge: z.number(),
  /** columns that change something of a shelter that is there */
  changes: z.array(z.enum(shelterColumnNames as [ShelterColumn, ...ShelterColumn[]])),
});
export type ImportedShelter = z.infer<typeof importedShelter>;

export const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
/**
 * The body is the file itself: text/csv in UTF-8, UTF-16 with a byte order mark or GB 18030, or a workbook (XLSX), of which the
 * first sheet is read. The first line names the columns; `name` must be there, and for a new shelter kind and address in its row.
 * A row whose name a shelter of the same station has is `taken` unless `update` is said: then its cells that are not empty change
 * that one. All or nothing: 422 with an error for each cell that is wrong, its path `/rows/<line of the file>/<column>`; a dry run
 * answers 200 with the rows that are right and these errors.
 */
export const importShelters = endpoint({
  name: 'importShelters',
  method: 'POST',
  path: '/api/shelters/import',
  who: ['manager', 'admin'],
  summary:
    'Adds shelters from a CSV or XLSX file, all or none; `update` changes those of the same name, `dryRun` only judges',
  status: 201,
  limit: shelterFileLimits.bytes,
  query: z.strictObject({ dryRun: z.optional(z.literal('true')), update: z.optional(z.literal('true')) }),
  body: z.unknown(),
  reply: z.object({
    dryRun: z.boolean(),
    encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'gb18030', 'xlsx']),
    items: z.array(importedShelter),
    errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
  }),
});
