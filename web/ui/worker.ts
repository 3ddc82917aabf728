/** The part of a service worker's world that is used here; the types of the browser and of workers exclude each other. */

/** What the server says of a build, put before a worker's text: its files, and a name that changes with any of them. */
export interface Precache {
  edition: string;
  files: readonly string[];
}
interface Lasting extends Event {
  waitUntil: (work: Promise<unknown>) => void;
}
export interface Fetching extends Lasting {
  request: Request;
  respondWith: (answer: Promise<Response>) => void;
}
export interface WorkerScope {
  addEventListener: {
    (type: 'install' | 'activate', listener: (event: Lasting) => void): void;
    (type: 'message', listener: (event: Lasting & { data: unknown }) => void): void;
    (type: 'fetch', listener: (event: Fetching) => void): void;
  };
  skipWaiting: () => Promise<void>;
  clients: { claim: () => Promise<void> };
}
