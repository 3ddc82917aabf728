/** Where reports wait on the phone: IndexedDB, else localStorage (without photos), else this page's memory. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

/** A report on its way. Once the server has it only its number and link stay. */
export interface Waiting {
  id: string;
  /** epoch ms */
  at: number;
  state: 'waiting' | 'sent' | 'refused';
  /** the body of POST /api/sightings, null once it is there */
  body: unknown;
  /** the form's fields, to change a report that was refused */
  fields: Record<string, string[]>;
  /** not as Blob, which some phones cannot keep */
  photos: ArrayBuffer[];
  lostPhotos: number;
  code: string;
  followUpUrl: string;
  /** fields the server did not like */
  wrong: string[];
}
export interface Store {
  durable: boolean;
  read: () => Promise<Waiting[]>;
  put: (item: Waiting) => Promise<void>;
  remove: (id: string) => Promise<void>;
}

interface Schema extends DBSchema {
  reports: { key: string; value: Waiting };
}

const KEY = 'warmpath.outbox';

function inDatabase(db: IDBPDatabase<Schema>): Store {
  return {
    durable: true,
    read: () => db.getAll('reports'),
    put: async (item) => {
      await db.put('reports', item);
    },
    remove: (id) => db.delete('reports', id),
  };
}

function inText(): Store {
  const read = (): Waiting[] => {
    const items = JSON.parse(localStorage.getItem(KEY) ?? '[]') as Omit<Waiting, 'photos'>[];
    return items.map((item) => ({ ...item, photos: [] }));
  };
  const write = (items: Waiting[]): void => {
    localStorage.setItem(KEY, JSON.stringify(items.map((item) => ({ ...item, photos: [] }))));
  };
  write(read());
  return {
    durable: true,
    read: async () => read(),
    put: async (item) => {
      write([...read().filter(({ id }) => id !== item.id), item]);
    },
    remove: async (id) => {
      write(read().filter((item) => item.id !== id));
    },
  };
}

function inMemory(): Store {
  const items = new Map<string, Waiting>();
  return {
    durable: false,
    read: async () => [...items.values()],
    put: async (item) => {
      items.set(item.id, item);
    },
    remove: async (id) => {
      items.delete(id);
    },
  };
}

/** The best this browser has. */
export async function openStore(): Promise<Store> {
  try {
    const opening = openDB<Schema>('warmpath-reports', 1, {
      upgrade: (db) => {
        db.createObjectStore('reports', { keyPath: 'id' });
      },
    });
    // some webviews neither open nor refuse
    const patience = new Promise<null>((resolve) =>
      setTimeout(() => {
        resolve(null);
      }, 3_000),
    );
    const db = await Promise.race([opening, patience]);
    if (db) return inDatabase(db);
  } catch {
    // private mode
  }
  try {
    return inText();
  } catch {
    return inMemory();
  }
}
