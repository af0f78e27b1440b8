import type { Socket } from 'node:net';
import { TsbuildError } from '../base/error.ts';

/**
 * What is said on a supervisor's socket: frames of a kind (one byte), a length (four, little endian) and that many
 * bytes. The first is a request, the last of the answer `done` or `failed`; between them go the streams of a program.
 */
export const FRAME = {
  /** JSON, `Request`. */
  request: 0,
  stdin: 1,
  /** No bytes: nothing more is typed. */
  stdinEnd: 2,
  stdout: 3,
  stderr: 4,
  /** JSON, `WindowSize`. */
  resize: 5,
  /** The name of a signal. */
  signal: 6,
  /** What was asked for has begun. */
  started: 7,
  /** JSON: the answer. */
  done: 8,
  /** JSON: code, message, hint. */
  failed: 9,
  /** Bytes of an archive, either way, and its end. */
  archive: 10,
  archiveEnd: 11,
} as const;

export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

const HEADER = 5;
/** More than any frame of ours, so that nobody makes us keep more. */
const MAX_FRAME = 4 * 1024 * 1024;

/** Writes a frame; false where the other end should be waited for (`drain`). */
export function writeFrame(socket: Socket, kind: FrameKind, data: Uint8Array | string = ''): boolean {
  if (!socket.writable) return true;
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(kind);
  header.writeUInt32LE(bytes.length, 1);
  return socket.write(Buffer.concat([header, bytes]));
}

/** Splits what comes into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  read(chunk: Buffer): { kind: FrameKind; data: Buffer }[] {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: { kind: FrameKind; data: Buffer }[] = [];
    while (data.length >= HEADER) {
      const length = data.readUInt32LE(1);
      if (length > MAX_FRAME) throw new TsbuildError('INTERNAL', `a frame of ${length} bytes`);
      if (data.length < HEADER + length) break;
      frames.push({ kind: data.readUInt8() as FrameKind, data: data.subarray(HEADER, HEADER + length) });
      data = data.subarray(HEADER + length);
    }
    this.#rest = data;
    return frames;
  }
}
