import type { Request, RequestHandler, Response } from 'express';
import { Problem } from '../../shared/problems.ts';
import type { BaseMap } from '../../shared/tiles.ts';
import { isSameFile, type TileSource } from '../tiles.ts';

/** The address of the served file; the name in it is compared, never opened. */
export const TILE_PATH = '/tiles/:file';

const nameOf = (id: string): string => `${id}.pmtiles`;

/** What pages are told of the base map. */
export const baseMapOf = (tiles: TileSource | null): BaseMap | null =>
  tiles && {
    kind: tiles.kind,
    url: tiles.kind === 'xyz' ? tiles.url : `/tiles/${nameOf(tiles.id)}`,
    attribution: tiles.attribution,
  };

/**
 * Answers ranges of the PMTiles file. It stands outside the limits of pages, as the scripts do: one view of a city is dozens
 * of ranges. A compressed answer would have other ranges, hence no-transform.
 */
export function serveTiles(tiles: TileSource | null): RequestHandler {
  return async (req: Request, res: Response, next) => {
    if (tiles?.kind !== 'pmtiles' || req.params['file'] !== nameOf(tiles.id) || !(await isSameFile(tiles)))
      throw new Problem('not_found');
    res.setHeader('ETag', `"${tiles.id}"`);
    res.setHeader('Cache-Control', 'public, max-age=31536000, immutable, no-transform');
    res.sendFile(
      tiles.file,
      { dotfiles: 'allow', lastModified: false, headers: { 'Content-Type': 'application/vnd.pmtiles' } },
      (error?: Error & { status?: number; code?: string }) => {
        // headersSent: it was being sent, and the reader left or the disk failed
        if (!error || error.code === 'ECONNABORTED') return;
        if (res.headersSent) res.destroy();
        else if (error.status === 416 || error.status === 412) {
          res.removeHeader('Cache-Control');
          res.removeHeader('Content-Type');
          res.status(error.status).end();
        } else next(error.status === 404 ? new Problem('not_found') : error);
      },
    );
  };
}
