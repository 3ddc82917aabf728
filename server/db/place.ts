import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(import.meta.url);
/** True when run from source (tsx, vitest), false in the bundle (dist/server/*.js). */
const fromSource = here.endsWith('.ts');

/** The folder of the migrations: migrations/*.ts beside the source, dist/migrations/*.js beside the bundle. */
export const migrationsFolder: string = path.resolve(
  path.dirname(here),
  fromSource ? '../../migrations' : '../migrations',
);

/** The worker script lies next to this module in both cases. */
export const workerFile: string = path.join(path.dirname(here), 'pglite-worker.mjs');

/** Where packages keep derived files: node_modules/.cache/warmpath of this checkout. */
export const cacheFolder: string = path.resolve(path.dirname(here), '../..', 'node_modules/.cache/warmpath');
