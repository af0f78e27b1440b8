import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One request that came through. */
export interface Passed {
  method: string;
  /** Without the query. */
  path: string;
  status: number;
  /** Bytes of the bodies, as far as they came. */
  sent: number;
  received: number;
}

/** What happens to a request in the place of a good passage. Bytes are those of the body that pass before. */
export type Fault =
  | { kind: 'status'; status: number; headers?: Record<string, string> }
  | { kind: 'cut-request'; after: number }
  | { kind: 'cut-response'; after: number }
  /** The registry has done what it was asked for, and nobody hears of it. */
  | { kind: 'lost-answer' }
  | { kind: 'slow'; milliseconds: number };

export interface ReverseProxy {
  /** `127.0.0.1:PORT`. */
  host: string;
  passed: Passed[];
  /** Asked for each request, with its number from 0. */
  fault: (request: IncomingMessage, number: number) => Fault | undefined;
  stop(): Promise<void>;
}

/** A server in front of a registry on loopback that counts what passes, and behaves as badly as it is told. */
export async function startReverseProxy(port: number): Promise<ReverseProxy> {
  const passed: Passed[] = [];
  const proxy: ReverseProxy = { host: '', passed, fault: () => undefined, stop: async () => undefined };
  let count = 0;
  const server = createServer((incoming, outgoing) => {
    const { pathname } = new URL(incoming.url ?? '', 'http://x');
    const entry: Passed = { method: incoming.method ?? '', path: pathname, status: 0, sent: 0, received: 0 };
    passed.push(entry);
    pass(incoming, outgoing, { port, entry, fault: proxy.fault(incoming, count++) });
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  proxy.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  proxy.stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  };
  return proxy;
}

interface Passage {
  port: number;
  entry: Passed;
  fault: Fault | undefined;
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, { port, entry, fault }: Passage): void {
  if (fault?.kind === 'status') {
    entry.status = fault.status;
    incoming.resume().on('end', () => outgoing.writeHead(fault.status, fault.headers).end());
    return;
  }
  const { method, url: path, headers } = incoming;
  const upstream = request({ port, host: '127.0.0.1', method, path, headers }, (answer) => {
    entry.status = answer.statusCode ?? 0;
    if (fault?.kind === 'lost-answer') {
      answer.resume().on('end', () => incoming.socket.destroy());
      return;
    }
    outgoing.writeHead(entry.status, answer.headers);
    answer.on('data', (chunk: Buffer) => {
      entry.received += chunk.length;
      if (fault?.kind === 'cut-response' && entry.received > fault.after) return void incoming.socket.destroy();
      outgoing.write(chunk);
    });
    answer.on('end', () => outgoing.end());
  });
  upstream.on('error', () => incoming.socket.destroy());
  incoming.on('aborted', () => upstream.destroy());
  const begin = () => {
    incoming.on('data', (chunk: Buffer) => {
      entry.sent += chunk.length;
      upstream.write(chunk);
      if (fault?.kind === 'cut-request' && entry.sent > fault.after) incoming.socket.destroy();
    });
    incoming.on('end', () => upstream.end());
  };
  if (fault?.kind === 'slow') setTimeout(begin, fault.milliseconds);
  else begin();
}
