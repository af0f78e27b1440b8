import { createHash } from 'node:crypto';
import { abortable } from '../base/abortable.ts';
import type { Digest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';

/** Passes a layer's tar on and fails at its end unless it has the diffID that the image's configuration names. */
export async function* verifying(
  source: AsyncIterable<Buffer>,
  diffId: Digest,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of abortable(source, signal)) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== diffId) {
    throw new TsbuildError('INVALID', `a layer has the diffID ${actual}, and the image says ${diffId}`, {
      hint: 'the image is damaged or was tampered with; pull it again or choose another one',
    });
  }
}
