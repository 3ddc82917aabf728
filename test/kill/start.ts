// The real program from source, as `node server/run.mjs start` runs it once built.
import { main } from '../../server/main.ts';

await main(process.argv.slice(2));
