import { isErrno } from '../base/error.ts';
import type { ProgressStream } from './mode.ts';

/** A reader that goes away (`2>&1 | head`) ends what is shown, not the work. */
export function ignoreClosedPipe(stream: Pick<ProgressStream, 'on'>): void {
  stream.on?.('error', (error) => {
    if (!isErrno(error, 'EPIPE', 'EIO')) throw error;
  });
}
