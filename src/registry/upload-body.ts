import { Readable } from 'node:stream';
import { TsbuildError } from '../base/error.ts';
import type { Descriptor } from '../oci/types.ts';
import type { ProgressListener } from './blob.ts';

export interface UploadBody {
  open: () => Readable;
  /** Aborts when the server takes nothing for too long: HTTP itself would wait for ever. */
  stalled: AbortSignal;
}

/** The body of an upload that reports its progress and notices a server that stops reading. Time in milliseconds. */
export function uploadBody(
  descriptor: Descriptor,
  open: () => Readable,
  idleTimeout: number,
  onProgress: ProgressListener | undefined,
): UploadBody {
  const controller = new AbortController();
  const stall = (): void => {
    const message = `the registry stopped reading blob ${descriptor.digest}`;
    controller.abort(new TsbuildError('NETWORK', message, { hint: 'try again later' }));
  };
  async function* chunks(): AsyncGenerator<Buffer> {
    let sent = 0;
    for await (const chunk of open() as AsyncIterable<Buffer>) {
      const timer = setTimeout(stall, idleTimeout);
      try {
        yield chunk;
      } finally {
        clearTimeout(timer);
      }
      sent += chunk.length;
      onProgress?.(descriptor.digest, sent, descriptor.size);
    }
  }
  return { open: () => Readable.from(chunks(), { objectMode: false }), stalled: controller.signal };
}
