import { Readable } from 'node:stream';
import { TsbuildError } from '../base/error.ts';
import type { Descriptor } from '../oci/types.ts';
import type { ProgressListener } from './blob.ts';

/** Gives the content of a blob from the byte `start` on. */
export type OpenContent = (start: number) => Readable;

export interface UploadBody {
  open: () => Readable;
  /** Aborts when the server takes nothing for too long: HTTP itself would wait for ever. */
  stalled: AbortSignal;
}

/** The part of a blob that one request carries, in bytes; `end` is the first that it does not. */
export interface UploadPart {
  start: number;
  end: number;
}

/** The body of an upload that reports its progress and notices a server that stops reading. Time in milliseconds. */
export function uploadBody(
  descriptor: Descriptor,
  open: OpenContent,
  part: UploadPart,
  options: { idleTimeout: number; onProgress: ProgressListener | undefined },
): UploadBody {
  const controller = new AbortController();
  const stall = (): void => {
    const message = `the registry stopped reading blob ${descriptor.digest}`;
    controller.abort(new TsbuildError('NETWORK', message, { hint: 'try again later' }));
  };
  async function* chunks(): AsyncGenerator<Buffer> {
    let position = part.start;
    for await (const read of open(part.start) as AsyncIterable<Buffer>) {
      const chunk = part.end < descriptor.size ? read.subarray(0, part.end - position) : read;
      const timer = setTimeout(stall, options.idleTimeout);
      try {
        yield chunk;
      } finally {
        clearTimeout(timer);
      }
      position += chunk.length;
      options.onProgress?.(descriptor.digest, position, descriptor.size);
      if (position >= part.end && part.end < descriptor.size) return;
    }
  }
  return { open: () => Readable.from(chunks(), { objectMode: false }), stalled: controller.signal };
}
