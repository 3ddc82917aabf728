/** Many desks in a process of their own: counts what arrives. */
import { io, type Socket } from 'socket.io-client';

interface Order {
  connect?: { url: string; count: number; cookie?: string; event: string };
  /** resolves when every socket has had this many more messages; answers ms from the order to the last one */
  expect?: number;
}
const sockets: Socket[] = [];
let received = 0;
let wanted = Infinity;
let done: (() => void) | null = null;

async function connect({ url, count, cookie, event }: NonNullable<Order['connect']>): Promise<void> {
  for (const socket of sockets.splice(0)) socket.disconnect();
  for (let n = 0; n < count; n += 50) {
    const group = Array.from({ length: Math.min(50, count - n) }, () =>
      io(url, {
        transports: ['websocket'],
        forceNew: true,
        reconnection: false,
        auth: { since: Number.MAX_SAFE_INTEGER },
        extraHeaders: cookie === undefined ? {} : { cookie },
      }),
    );
    await Promise.all(
      group.map(
        (socket) =>
          new Promise<void>((resolve, reject) => {
            socket.once('connect', resolve);
            socket.once('connect_error', reject);
          }),
      ),
    );
    for (const socket of group) {
      socket.on(event, (message: { changes?: unknown[] }) => {
        // The service tells facts that come together in one message: what counts is what a desk learnt.
        received += message.changes?.length ?? 1;
        if (received >= wanted) done?.();
      });
      sockets.push(socket);
    }
  }
}

process.on('message', (order: Order) => {
  const work = async (): Promise<object> => {
    if (order.connect) await connect(order.connect);
    if (order.expect !== undefined) {
      const from = performance.now();
      await new Promise<void>((resolve) => {
        done = resolve;
        received = 0;
        wanted = (order.expect ?? 0) * sockets.length;
        process.send?.({ listening: true });
      });
      return { ms: performance.now() - from };
    }
    return { sockets: sockets.length };
  };
  void work().then((answer) => process.send?.(answer));
});
process.on('SIGTERM', () => process.exit(0));
process.send?.({ ready: true });
