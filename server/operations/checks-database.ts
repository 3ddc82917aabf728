/** What doctor looks at in the database. */
import { appliedMigrations, readMigrations } from '../db/migrate.ts';
import { one, row, rows } from '../db/rows.ts';
import type { Knex } from 'knex';
import { type Check, type Finding, found, ok, type Patient, warning, wrong } from './checks.ts';

/** The pool's 16 and the one that listens: see db/postgres.ts. */
const CONNECTIONS_OF_A_NODE = 17;
/** What an administrator's own tools may need beside the service. */
const SPARE_CONNECTIONS = 5;
const MOST_SECONDS_APART = 2;

type Look = (db: Knex, patient: Patient) => Promise<Finding | null>;
const asked =
  (look: Look): Check['run'] =>
  (patient) =>
    patient.database ? look(patient.database.knex, patient) : null;

const setting = async (db: Knex, name: string): Promise<string> =>
  (await one<{ value: string }>(db, `select current_setting(:name) as value`, { name })).value;

const durability: Look = async (db, { config }) => {
  if (config.databaseUrl === null) return warning('doctor.durability.embedded');
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit'])
    if ((await setting(db, name)) === 'off') return wrong('doctor.durability.off', { name });
  return ok('doctor.durability.ok');
};

const connections: Look = async (db, { config }) => {
  if (config.databaseUrl === null) return null;
  const most =
    Number(await setting(db, 'max_connections')) - Number(await setting(db, 'superuser_reserved_connections'));
  const { nodes } = await one<{ nodes: number }>(
    db,
    `select count(*) as nodes from pg_stat_activity where datname = current_database() and application_name = 'warmpath listen'`,
  );
  const needed = Math.max(1, nodes) * CONNECTIONS_OF_A_NODE + SPARE_CONNECTIONS;
  const values = { most, needed, nodes };
  return most < needed ? wrong('doctor.connections.few', values) : ok('doctor.connections.ok', values);
};

const migrations: Look = async (db) => {
  const ours = (await readMigrations()).map(({ name }) => name);
  const theirs = await appliedMigrations(db);
  const unknown = theirs.find((name) => !ours.includes(name));
  if (unknown !== undefined) return wrong('doctor.migrations.newer', { name: unknown });
  const pending = ours.length - theirs.length;
  return pending > 0 ? warning('doctor.migrations.pending', { count: pending }) : ok('doctor.migrations.ok');
};

const rights: Look = async (db) => {
  const { may } = await one<{ may: boolean }>(db, `select has_schema_privilege(current_schema(), 'create') as may`);
  return may ? ok('doctor.rights.ok') : wrong('doctor.rights.missing');
};

const clock: Look = async (db, { now }) => {
  const before = now().getTime();
  // eslint-disable-next-line no-restricted-syntax -- what is asked here is the database's own clock
  const { at } = await one<{ at: number }>(db, `select extract(epoch from clock_timestamp()) * 1000 as at`);
  const after = now().getTime();
  // the answer was on its way meanwhile; only what that cannot explain counts
  const apart = Math.max(0, Math.abs(at - (before + after) / 2) - (after - before) / 2) / 1000;
  const values = { seconds: apart.toFixed(1) };
  return apart > MOST_SECONDS_APART ? wrong('doctor.clock.apart', values) : ok('doctor.clock.ok', values);
};

const followKey: Look = async (db) => {
  const key = await row<{ length: number }>(
    db,
    `select length(value) as length from secrets where name = 'follow.key'`,
  );
  if (!key) return warning('doctor.key.missing');
  return key.length < 32 ? wrong('doctor.key.short') : ok('doctor.key.ok');
};

const setUp: Look = async (db) => {
  const root = await row(db, `select id from stations where parent_id is null`);
  if (!root) return warning('doctor.setup.missing');
  const { count } = await one<{ count: number }>(
    db,
    `select count(*) as count from users where role = 'admin' and active`,
  );
  return count === 0 ? wrong('doctor.setup.nobody') : ok('doctor.setup.ok', { count });
};

const secondFactor: Look = async (db) => {
  const admins = await rows<{ safe: boolean }>(
    db,
    `select totp_key is not null as safe from users where role = 'admin' and active`,
  );
  if (admins.length === 0) return null;
  const bare = admins.filter(({ safe }) => !safe).length;
  return bare > 0 ? warning('doctor.factor.missing', { count: bare }) : ok('doctor.factor.ok');
};

/** The database; all but the first are silent while it cannot be asked. */
export const databaseChecks: readonly Check[] = [
  {
    name: 'database',
    run: async ({ database, trouble }) => {
      if (trouble !== null) return wrong('doctor.database.wrong', { reason: trouble });
      // the running service has the folder, and it has just answered
      if (!database) return found('ok', 'doctor.database.running');
      const { version } = await one<{ version: string }>(
        database.knex,
        `select current_setting('server_version') as version`,
      );
      const postgis = await row<{ version: string }>(
        database.knex,
        `select extversion as version from pg_extension where extname = 'postgis'`,
      );
      return ok('doctor.database.ok', { version, postgis: postgis?.version ?? '-' });
    },
  },
  { name: 'durability', run: asked(durability) },
  { name: 'connections', run: asked(connections) },
  { name: 'migrations', run: asked(migrations) },
  { name: 'rights', run: asked(rights) },
  { name: 'clock', run: asked(clock) },
  { name: 'key', run: asked(followKey) },
  { name: 'setup', run: asked(setUp) },
  { name: 'factor', run: asked(secondFactor) },
];
