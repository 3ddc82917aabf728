/** Where the outbox of one person lies: sealed on the device, or in the page when the browser keeps nothing. */
import { openDevice, type StoredItem, vaultFor } from './device.ts';
import { type OutboxItem, withDefaults } from './outbox-rules.ts';

export interface OutboxStore {
  /** Their items, oldest first. */
  all: () => Promise<OutboxItem[]>;
  /** Answers the item's number in the order of making. */
  add: (item: OutboxItem, files: readonly Blob[]) => Promise<number>;
  /** Throws nothing when it is gone. */
  put: (item: OutboxItem) => Promise<void>;
  delete: (n: number) => Promise<void>;
  /** The bytes of the item's files, in their order. */
  files: (item: OutboxItem) => Promise<Blob[]>;
  /** How many items of other people wait on this device. */
  others: () => Promise<number>;
}

/** As long as the page lives. */
export function pageStore(): OutboxStore {
  const items = new Map<number, OutboxItem>();
  const blobs = new Map<number, readonly Blob[]>();
  let last = 0;
  return {
    all: async () => [...items.values()],
    add: async (item, files) => {
      last += 1;
      items.set(last, { ...item, n: last });
      blobs.set(last, files);
      return last;
    },
    put: async (item) => {
      if (items.has(item.n)) items.set(item.n, item);
    },
    delete: async (n) => {
      items.delete(n);
      blobs.delete(n);
    },
    files: async ({ n }) => [...(blobs.get(n) ?? [])],
    others: async () => 0,
  };
}

const about = (key: string): string => `item ${key}`;
const aboutFile = (key: string, at: number): string => `file ${key} ${at}`;

/** Throws where the browser keeps nothing. */
export async function sealedStore(userId: string): Promise<OutboxStore> {
  const vault = await vaultFor(userId);

  const rowOf = async (item: OutboxItem): Promise<StoredItem> => {
    const { n, key, state, ...rest } = item;
    const sealed = await vault.seal(about(key), rest);
    return { ...(n > 0 ? { n } : {}), key, userId, state, sealed };
  };
  const itemOf = async (row: StoredItem): Promise<OutboxItem> => ({
    ...withDefaults((await vault.open(about(row.key), row.sealed)) as Partial<OutboxItem>),
    n: row.n ?? 0,
    key: row.key,
    userId,
    state: row.state,
  });
  /** Puts a row in place of the same one; taken out in another tab meanwhile, it stays out. */
  const replace = async (row: StoredItem): Promise<void> => {
    const tx = (await openDevice()).transaction('items', 'readwrite');
    if (row.n !== undefined && (await tx.store.getKey(row.n)) !== undefined) await tx.store.put(row);
    await tx.done;
  };
  // what an earlier edition left in clear is sealed, each with its owner's key
  for (const row of await (await openDevice()).getAll('items')) {
    if ('sealed' in row) continue;
    const { n, key, state, ...rest } = withDefaults(row);
    const sealed = await (await vaultFor(row.userId)).seal(about(key), rest);
    await replace({ n, key, userId: row.userId, state, sealed });
  }

  return {
    all: async () => {
      const db = await openDevice();
      const found: OutboxItem[] = [];
      for (const row of await db.getAll('items')) {
        if (row.userId !== userId || !('sealed' in row)) continue;
        try {
          found.push(await itemOf(row));
        } catch {
          // sealed with a key that is gone: nobody will ever read it
          await db.delete('items', row.n ?? 0);
        }
      }
      return found;
    },
    add: async (item, files) => {
      const row = await rowOf({ ...item, n: 0 });
      const sealed = await Promise.all(files.map((file, at) => vault.sealBlob(aboutFile(item.key, at), file)));
      const tx = (await openDevice()).transaction(['items', 'files'], 'readwrite');
      const n = await tx.objectStore('items').add(row);
      if (sealed.length > 0) await tx.objectStore('files').put({ n, sealed });
      await tx.done;
      return n;
    },
    put: async (item) => replace(await rowOf(item)),
    delete: async (n) => {
      const tx = (await openDevice()).transaction(['items', 'files'], 'readwrite');
      await tx.objectStore('items').delete(n);
      await tx.objectStore('files').delete(n);
      await tx.done;
    },
    files: async ({ n, key, files }) => {
      const kept = await (await openDevice()).get('files', n);
      return Promise.all(
        files.map(({ type }, at) => {
          const sealed = kept?.sealed[at];
          if (!sealed) throw new Error('a file is missing');
          return vault.openBlob(aboutFile(key, at), sealed, type);
        }),
      );
    },
    others: async () => (await (await openDevice()).getAll('items')).filter((row) => row.userId !== userId).length,
  };
}
