/** The table of a weather station, kept all or nothing. */
import { createHash } from 'node:crypto';
import type * as z from 'zod/mini';
import { importReadings } from '../../shared/weather.ts';
import type { Actor } from '../context.ts';
import { claim, fingerprint } from '../http/idempotency.ts';
import { readContext, runCommand, type Service } from '../realtime/command.ts';
import { stationFor } from '../stations/commands.ts';
import { ruleNumber } from '../stations/queries.ts';
import { addReadings } from './commands-bulk.ts';
import { readingsIn } from './reading-file.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Who told it, when nobody says. */
const BY_FILE = 'csv';

/** What is asked beside the file. */
export interface ImportAsked {
  stationId?: string | undefined;
  source?: string | undefined;
  /** Idempotency-Key of the call */
  key: string | null;
}

/**
 * Keeps what was observed, as far back as the station keeps readings (rule `weather.kept`): winters gone by are what plans are rehearsed
 * on. 422 with every wrong line, and then nothing is kept.
 */
export async function importReadingFile(
  service: Service,
  actor: Actor,
  bytes: Buffer,
  { stationId, source = BY_FILE, key }: ImportAsked,
): Promise<z.infer<typeof importReadings.reply>> {
  const outside = readContext(service, actor);
  const station = await stationFor(outside, stationId, '/query/stationId');
  const now = service.now().getTime();
  const kept = await ruleNumber(outside.db, 'weather.kept', station.id);
  // read before the transaction: ten thousand lines are a while
  const readings = readingsIn(bytes, { from: now - kept * DAY, until: now + 10 * MINUTE }, station.timeZone);
  const keep = key === null ? undefined : { key, status: importReadings.status };
  const audit = { command: importReadings.name, subjectIds: [station.id], fields: ['readings'], keep };
  return runCommand(service, actor, audit, async (ctx) => {
    if (key !== null) {
      const hash = createHash('sha256').update(bytes).digest('hex');
      await claim(ctx.db, key, fingerprint(importReadings, actor, { stationId: station.id, source }, hash), ctx.now());
    }
    const accepted = await addReadings(ctx, station.id, source, readings);
    return { accepted, known: readings.length - accepted };
  });
}
