import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';

/** Receives the output of a container as it comes. */
export type OutputSink = (chunk: Buffer) => void;

/**
 * Reads a pipe of another process of ours until its last writer is gone.
 * @param descriptor the number of the pipe's end in that process
 */
export function readPipeOf(pid: number, descriptor: number, sink: OutputSink): Promise<void> {
  const fd = openSync(`/proc/${pid}/fd/${descriptor}`, constants.O_RDONLY | constants.O_NONBLOCK);
  const stream = new Socket({ fd, readable: true, writable: false });
  return new Promise((resolve, reject) => {
    stream.on('data', sink);
    stream.once('error', reject);
    stream.once('close', () => resolve());
  });
}
