import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { isErrno } from '../src/base/error.ts';

/** Receives the output of a container as it comes. */
export type OutputSink = (chunk: Buffer) => void;

/**
 * Reads a pipe of another process of ours until its last writer is gone.
 * @param descriptor the number of the pipe's end in that process
 */
export function readPipeOf(pid: number, descriptor: number, sink: OutputSink): Promise<void> {
  const fd = openDescriptorOf(pid, descriptor);
  if (fd === undefined) return Promise.resolve();
  const stream = new Socket({ fd, readable: true, writable: false });
  return new Promise((resolve, reject) => {
    stream.on('data', sink);
    stream.once('error', reject);
    stream.once('close', () => resolve());
  });
}

/** Nothing where the process was killed: it waits for us before it ends by itself. */
function openDescriptorOf(pid: number, descriptor: number): number | undefined {
  try {
    return openSync(`/proc/${pid}/fd/${descriptor}`, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ESRCH')) throw error;
    return undefined;
  }
}
