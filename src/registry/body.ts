import { TsbuildError } from '../base/error.ts';
import { networkError } from './network-error.ts';
import type { HttpResponse } from './transport.ts';

/** The chunks of a body; what ends them early is a NETWORK error. */
export async function* bodyChunks(response: HttpResponse, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const chunks = response.body[Symbol.asyncIterator]();
  try {
    while (true) {
      const next = await chunks.next().catch((error: unknown) => {
        throw networkError(error, response.url, signal);
      });
      if (next.done) return;
      yield next.value as Buffer;
    }
  } finally {
    response.body.destroy();
  }
}

/** Reads a whole body of at most `limit` bytes; a longer one is an error before it is in memory. */
export async function readBody(
  response: HttpResponse,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bodyChunks(response, signal)) {
    size += chunk.length;
    if (size > limit) {
      throw new TsbuildError('REGISTRY', `${response.url.host} answered with more than ${limit} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The first `limit` bytes of a body, whatever happens after them: for the text of an error. */
export async function readBeginning(response: HttpResponse, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of bodyChunks(response, undefined)) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= limit) break;
    }
  } catch {
    // The status is what counts; a text that breaks off says what it can.
  }
  return Buffer.concat(chunks).subarray(0, limit).toString('utf8');
}
