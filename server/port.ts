/** Taking the port, with words for an operator when it cannot be had. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from './config.ts';

type Place = Pick<Config, 'port' | 'host'>;

/** The port is somebody else's, or not ours to take; the message says what to do. */
export class PortTaken extends Error {}

function inWords(error: NodeJS.ErrnoException, { port, host }: Place): Error {
  const other = 'or choose another: --port N (0: any free one).';
  if (error.code === 'EADDRINUSE')
    return new PortTaken(`Port ${String(port)} on ${host} is in use. Stop the program that has it, ${other}`);
  if (error.code === 'EACCES')
    return new PortTaken(`Port ${String(port)} on ${host} may not be opened by this user: allow it, ${other}`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new PortTaken(`This machine has no address ${host}: HOST must be one of its own, 127.0.0.1 or 0.0.0.0.`);
  return error;
}

/** Listens; throws PortTaken. */
export function takePort(server: Server, place: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => {
      reject(inWords(error, place));
    };
    server.once('error', refuse);
    server.listen(place.port, place.host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

/** Fails now, rather than after a database was made, when the port is not free. */
export async function tryPort(place: Place): Promise<void> {
  const server = createServer();
  await takePort(server, place);
  await new Promise((resolve) => server.close(resolve));
}

/** Where people find a listening server. */
export function originOf(server: Server, { host, publicOrigin }: Pick<Config, 'host' | 'publicOrigin'>): string {
  const { port } = server.address() as AddressInfo;
  const name = host === '127.0.0.1' || host === '::1' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return publicOrigin ?? `http://${name}:${String(port)}`;
}
