import { idSchema } from '../../shared/ids.ts';
import { Problem } from '../../shared/problems.ts';
import { importShelters, XLSX_TYPE } from '../../shared/shelter-import.ts';
import { readFileBody } from '../http/csv-body.ts';
import { Replay } from '../http/idempotency.ts';
import { rawRoute, type Route } from '../http/route.ts';
import { importShelterList } from './commands-import.ts';

/** Takes a list of shelters; its body is the file itself. */
export const shelterImportRoutes: readonly Route[] = [
  rawRoute(importShelters, async (service, actor, { query }, { req, res }) => {
    const header = req.get('idempotency-key');
    const key = header === undefined ? null : idSchema.safeParse(header);
    if (key?.success === false) throw new Problem('bad_idempotency_key');
    const workbook = (req.get('content-type') ?? '').toLowerCase().startsWith(XLSX_TYPE);
    const dryRun = query.dryRun === 'true';
    const ask = { dryRun, update: query.update === 'true', workbook, key: key?.data ?? null };
    const bytes = await readFileBody(importShelters, ['text/csv', XLSX_TYPE], req, res);
    try {
      res.status(dryRun ? 200 : importShelters.status).json(await importShelterList(service, actor, bytes, ask));
    } catch (thrown) {
      if (!(thrown instanceof Replay)) throw thrown;
      res.setHeader('Idempotent-Replay', 'true');
      res.status(thrown.status).json(thrown.body);
    }
  }),
];
