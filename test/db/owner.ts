// A process of its own that has the embedded database open: `node --import tsx test/db/owner.ts hold|write FOLDER`.
// It says "open", "in use" (exit code 3), or one line for each row acknowledged.
import { FolderInUse } from '../../server/db/errors.ts';
import { lockFolder } from '../../server/db/folder-lock.ts';
import { openDatabase } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import { inTransaction } from '../../server/db/transaction.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const say = (line: string | number) => process.stdout.write(`${String(line)}\n`);
const [task, folder = ''] = process.argv.slice(2);

try {
  if (task === 'lock') {
    await lockFolder(folder);
    say('open');
    setInterval(() => undefined, 1000);
  } else {
    const database = await openDatabase({ dataDir: folder, log });
    say('open');
    if (task === 'write') {
      await rows(database.knex, 'create table if not exists written (n int primary key)');
      const first = await rows<{ n: number }>(database.knex, 'select coalesce(max(n), 0) as n from written');
      for (let n = (first[0]?.n ?? 0) + 1; ; n += 1) {
        await inTransaction(database, (trx) => rows(trx, 'insert into written (n) values (:n)', { n }));
        say(n);
      }
    }
  }
} catch (error) {
  if (!(error instanceof FolderInUse)) throw error;
  say('in use');
  process.exit(3);
}
