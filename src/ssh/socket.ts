import { chmodSync, chownSync, closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type AgentSource, serveAgent } from './agent.ts';

export interface AgentSocket {
  path: string;
  close(): void;
}

const NAME = 'agent';

/**
 * Listens in a new directory for processes that want to sign. The path may be longer than the 107 bytes that a socket's
 * name can have: it is made through a descriptor of the directory.
 */
export async function listenForAgent(
  directory: string,
  source: AgentSource,
  { mode, uid, gid }: { mode: number; uid: number; gid: number },
): Promise<AgentSocket> {
  mkdirSync(directory);
  const path = join(directory, NAME);
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    serveAgent(client, source);
  });
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(`/proc/self/fd/${fd}/${NAME}`, resolve);
    });
  } finally {
    closeSync(fd);
  }
  chmodSync(path, mode);
  chownSync(path, uid, gid);
  return {
    path,
    close() {
      server.close();
      for (const client of clients) client.destroy();
    },
  };
}
