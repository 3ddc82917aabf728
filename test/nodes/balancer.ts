/** The plainest balancer: each connection goes to the first node of the list that answers. No health checks, no memory. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Balancer {
  url: string;
  close(): Promise<void>;
}

/** Bytes are passed on as they come; when one side ends, so does the other. */
export async function startBalancer(nodes: readonly string[]): Promise<Balancer> {
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  };
  const forward = (client: Socket, left: readonly string[]): void => {
    const [first, ...rest] = left;
    if (first === undefined) {
      client.destroy();
      return;
    }
    const { hostname, port } = new URL(first);
    const node = connect(Number(port), hostname);
    keep(node);
    const nobody = (): void => forward(client, rest);
    node.once('error', nobody);
    node.once('connect', () => {
      node.off('error', nobody);
      // what an end means to the other side is said by its close
      node.on('error', () => undefined);
      node.once('close', () => client.destroy());
      client.once('close', () => node.destroy());
      client.pipe(node).pipe(client);
    });
  };
  const server = createServer((client) => {
    keep(client);
    client.on('error', () => undefined);
    forward(client, nodes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
