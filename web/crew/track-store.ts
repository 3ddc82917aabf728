/** The unsent track on the device, sealed with the person's key, so that a killed app does not lose where its crew was. */
import { openDevice, vaultFor } from '../live/device.ts';
import type { Unsent } from './track.ts';

/** A part of the track as it lies on the device; its number is its order. */
export interface KeptPart {
  n: number;
  fixes: readonly Unsent[];
}
export interface TrackStore {
  /** What an earlier life of the app has left, oldest first. */
  all: () => Promise<KeptPart[]>;
  /** Answers the number of the part. */
  add: (fixes: readonly Unsent[]) => Promise<number>;
  delete: (numbers: readonly number[]) => Promise<void>;
}
const about = (n: number): string => `track ${String(n)}`;

/** Throws at each call where the browser keeps nothing. */
export function sealedTrack(userId: string): TrackStore {
  let last = 0;
  return {
    all: async () => {
      const db = await openDevice();
      const vault = await vaultFor(userId);
      const parts: KeptPart[] = [];
      for (const { userId: owner, n, sealed } of await db.getAll('tracks')) {
        if (owner !== userId) continue;
        try {
          parts.push({ n, fixes: (await vault.open(about(n), sealed)) as Unsent[] });
        } catch {
          // sealed with a key that is gone: nobody will ever read it
          await db.delete('tracks', [userId, n]);
        }
      }
      return parts.sort((a, b) => a.n - b.n);
    },
    add: async (fixes) => {
      // by the clock, so that it also comes after what an earlier life of the app has left
      const n = (last = Math.max(last + 1, Date.now()));
      const sealed = await (await vaultFor(userId)).seal(about(n), fixes);
      await (await openDevice()).put('tracks', { userId, n, sealed });
      return n;
    },
    delete: async (numbers) => {
      const db = await openDevice();
      for (const n of numbers) await db.delete('tracks', [userId, n]);
    },
  };
}
