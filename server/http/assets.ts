import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import express, { type RequestHandler } from 'express';

interface Chunk {
  file: string;
  css?: string[];
  imports?: string[];
  dynamicImports?: string[];
  assets?: string[];
}
export interface Assets {
  /** hashed stylesheets and script of an entry such as 'web/desk/main.ts' */
  of(entry: string): { styles: readonly string[]; script: string | null };
  /** addresses of all that an entry may ask for while it runs, parts that come later included */
  all(entry: string): readonly string[];
  /** addresses of what an entry cannot do without; what it may ask for later is left out */
  needs(entry: string): readonly string[];
  /** address of a file the build made that is neither script nor style, e.g. 'web/crew/icon-192.png'; null while not built */
  file(name: string): string | null;
  /** the text of an entry's script, or null while not built */
  text(entry: string): string | null;
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
  const filesOf = (name: string, later: boolean, seen = new Set<string>()): string[] => {
    const chunk = manifest[name];
    if (!chunk || seen.has(name)) return [];
    seen.add(name);
    const parts = [...(chunk.imports ?? []), ...(later ? (chunk.dynamicImports ?? []) : [])];
    return [
      chunk.file,
      ...(chunk.css ?? []),
      ...(chunk.assets ?? []),
      ...parts.flatMap((part) => filesOf(part, later, seen)),
    ];
  };
  const address = (file: string): string => `/assets/${file}`;
  const addressesOf = (entry: string, later: boolean): string[] =>
    [...new Set(filesOf(entry, later))].map(address).sort();
  return {
    of(entry) {
      const script = manifest[entry]?.file;
      return {
        styles: [...new Set(stylesOf(entry, new Set()))].map(address),
        script: script === undefined ? null : address(script),
      };
    },
    all: (entry) => addressesOf(entry, true),
    needs: (entry) => addressesOf(entry, false),
    file(name) {
      const made = manifest[name]?.file;
      return made === undefined ? null : address(made);
    },
    text(entry) {
      const made = manifest[entry]?.file;
      return made === undefined ? null : readFileSync(join(webDir, made), 'utf8');
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
