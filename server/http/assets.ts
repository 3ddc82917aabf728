import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import express, { type RequestHandler } from 'express';

interface Chunk {
  file: string;
  css?: string[];
  imports?: string[];
}
export interface Assets {
  /** hashed stylesheets and script of an entry such as 'web/desk/main.ts' */
  of(entry: string): { styles: readonly string[]; script: string | null };
  serve: RequestHandler;
}

/** The browser's files as built; their names carry a hash, so they may be kept for ever. */
export function createAssets(webDir: string): Assets {
  const path = join(webDir, '.vite', 'manifest.json');
  const manifest: Record<string, Chunk> = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, Chunk>)
    : {};
  const stylesOf = (name: string, seen: Set<string>): string[] => {
    const chunk = manifest[name];
    if (!chunk || seen.has(name)) return [];
    seen.add(name);
    return [...(chunk.imports ?? []).flatMap((part) => stylesOf(part, seen)), ...(chunk.css ?? [])];
  };
  return {
    of(entry) {
      const script = manifest[entry]?.file;
      return {
        styles: [...new Set(stylesOf(entry, new Set()))].map((file) => `/assets/${file}`),
        script: script === undefined ? null : `/assets/${script}`,
      };
    },
    serve: express.static(webDir, {
      immutable: true,
      maxAge: '365d',
      index: false,
      dotfiles: 'ignore',
      fallthrough: true,
    }),
  };
}
