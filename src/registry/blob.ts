import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { TsbuildError } from '../base/error.ts';
import type { Descriptor } from '../oci/types.ts';
import { bodyChunks } from './body.ts';
import { pauseAfter, type RetryPolicy, TransientError } from './retry.ts';
import type { HttpResponse } from './transport.ts';

/** `current` and `total` are bytes of the blob with the digest `id`. */
export type ProgressListener = (id: string, current: number, total: number) => void;

export interface TransferOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ProgressListener | undefined;
}

/** A download that failed starts its attempts anew once it got this many bytes further. */
const WORTHWHILE_PROGRESS = 1 << 20;

/** Sends the request for the blob from `offset` on; the response may be the whole blob nevertheless. */
type OpenAt = (offset: number) => Promise<HttpResponse>;

/**
 * The content of a blob, verified while it streams: it ends with an error unless size and digest are those of the
 * descriptor, and never yields more bytes than that. A connection that breaks is taken up again where it broke.
 * The stream's consumer must not rely on what it read before the stream ended well.
 */
export function verifiedBlob(
  descriptor: Descriptor,
  openAt: OpenAt,
  policy: RetryPolicy,
  options: TransferOptions,
): Readable {
  return Readable.from(download(descriptor, openAt, policy, options), { objectMode: false });
}

async function* download(
  descriptor: Descriptor,
  openAt: OpenAt,
  policy: RetryPolicy,
  { signal, onProgress }: TransferOptions,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let offset = 0;
  let failures = 0;
  let offsetOfFailure = 0;
  do {
    try {
      for await (const chunk of remainder(descriptor, await openAt(offset), offset, signal)) {
        hash.update(chunk);
        offset += chunk.length;
        onProgress?.(descriptor.digest, offset, descriptor.size);
        yield chunk;
      }
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      failures = offset - offsetOfFailure >= WORTHWHILE_PROGRESS ? 1 : failures + 1;
      offsetOfFailure = offset;
      await pauseAfter(error, failures, policy, signal);
    }
  } while (offset < descriptor.size);
  checkDigest(descriptor, hash);
}

/** The bytes of the blob from `offset`; a body that is too short is transient, one that is too long is an error. */
async function* remainder(
  descriptor: Descriptor,
  response: HttpResponse,
  offset: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  let position = startOf(response, offset);
  for await (const chunk of bodyChunks(response, signal)) {
    const fresh = chunk.subarray(Math.max(offset - position, 0));
    position += chunk.length;
    if (position > descriptor.size) throw wrong(descriptor, `more than its ${descriptor.size} bytes`);
    if (fresh.length > 0) yield fresh;
  }
  if (position < descriptor.size) {
    throw new TransientError(wrong(descriptor, `only ${position} of its ${descriptor.size} bytes`));
  }
}

/** The position in the blob at which a body begins: 0, or that of the range which was asked for. */
function startOf(response: HttpResponse, offset: number): number {
  if (response.status !== 206) return 0;
  const range = /^bytes (\d{1,15})-/.exec(response.header('content-range') ?? '');
  if (Number(range?.[1] ?? offset) === offset) return offset;
  response.body.destroy();
  throw new TsbuildError('REGISTRY', `${response.url.host} answered with another range than the one asked for`);
}

function checkDigest(descriptor: Descriptor, hash: Hash): void {
  const digest = `sha256:${hash.digest('hex')}`;
  if (digest !== descriptor.digest) throw wrong(descriptor, `content with the digest ${digest}`);
}

function wrong({ digest }: Descriptor, got: string): TsbuildError {
  return new TsbuildError('REGISTRY', `the registry sent for blob ${digest} ${got}`, {
    hint: 'its content is damaged or was tampered with; try again, and push the image anew if it stays so',
  });
}
