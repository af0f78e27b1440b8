import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface LoopbackServer {
  /** `127.0.0.1:PORT`. */
  host: string;
  url: string;
  /** What was asked, in order; the probe for the protocol at `/v2/` is not among it. */
  requests: SeenRequest[];
  stop(): Promise<void>;
}

/** Answers one request; `attempt` counts the requests with the same method and path, from 1. */
export type Handler = (request: SeenRequest, response: ServerResponse, attempt: number) => void;

/** A server that behaves as badly as its handler says, on a free loopback port. */
export async function startServer(handler: Handler): Promise<LoopbackServer> {
  const requests: SeenRequest[] = [];
  const counts = new Map<string, number>();
  const listener: RequestListener = async (incoming, response) => {
    const request = await read(incoming);
    const key = `${request.method} ${request.url.replace(/\?.*/, '')}`;
    const attempt = (counts.get(key) ?? 0) + 1;
    counts.set(key, attempt);
    requests.push(request);
    handler(request, response, attempt);
  };
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
    requests,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function read(incoming: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { method = '', url = '', headers } = incoming;
  return { method, url, headers, body: Buffer.concat(chunks).toString('latin1') };
}
