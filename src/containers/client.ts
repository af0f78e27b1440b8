import { connect, type Socket } from 'node:net';
import { type ErrorCode, isErrno, TsbuildError } from '../base/error.ts';
import type { Request } from './control.ts';
import { FRAME, type FrameKind, FrameReader, writeFrame } from './protocol.ts';
import { withShortPath } from './socket-path.ts';
import { SOCKET } from './state.ts';

export interface AskOptions {
  /** Called for each frame before the answer; what it returns is waited for before more is read. */
  hear?: ((kind: FrameKind, data: Buffer) => void | Promise<void>) | undefined;
  /** An archive that follows the request. */
  body?: AsyncIterable<Buffer> | undefined;
  /** Called when the request is on its way, with what sends more. */
  onOpen?: ((send: Send) => void) | undefined;
}

/** Sends a frame; resolves when more may be sent. */
export type Send = (kind: FrameKind, data?: Uint8Array | string) => Promise<void>;

/** The container does not run: nobody answers for it. */
export class NotRunning extends Error {
  override readonly name = 'NotRunning';
}

/**
 * Asks the supervisor of the container in a directory, and returns its answer. Throws what the supervisor says went
 * wrong, and `NotRunning`.
 */
export async function ask<Answer>(directory: string, request: Request, options: AskOptions = {}): Promise<Answer> {
  const socket = await open(directory);
  try {
    writeFrame(socket, FRAME.request, JSON.stringify(request));
    options.onOpen?.((kind, data) => sendFrame(socket, kind, data));
    const answer = answerOf(socket, options.hear);
    if (options.body !== undefined) await Promise.race([answer, sendBody(socket, options.body)]);
    return (await answer) as Answer;
  } finally {
    socket.destroy();
  }
}

function open(directory: string): Promise<Socket> {
  return withShortPath(
    directory,
    SOCKET,
    (path) =>
      new Promise<Socket>((resolve, reject) => {
        const socket = connect(path, () => resolve(socket));
        socket.once('error', (error) => reject(isErrno(error, 'ENOENT', 'ECONNREFUSED') ? new NotRunning() : error));
      }),
  );
}

function answerOf(socket: Socket, hear: AskOptions['hear']): Promise<unknown> {
  const reader = new FrameReader();
  return new Promise((resolve, reject) => {
    let heard: Promise<unknown> = Promise.resolve();
    // Who hangs up without having read all resets the connection.
    socket.on('error', (error) => reject(isErrno(error, 'ECONNRESET', 'EPIPE') ? new NotRunning() : error));
    socket.on('close', () => reject(new NotRunning()));
    socket.on('data', (chunk) => {
      for (const { kind, data } of reader.read(chunk)) {
        if (kind === FRAME.done) heard.then(() => resolve(JSON.parse(data.toString())), reject);
        else if (kind === FRAME.failed) reject(errorOf(data));
        else {
          const hearing = hear?.(kind, data);
          if (hearing === undefined) continue;
          socket.pause();
          heard = Promise.all([heard, hearing]);
          heard.then(() => socket.resume(), reject);
        }
      }
    });
  });
}

async function sendBody(socket: Socket, body: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of body) {
    if (socket.destroyed) return;
    await sendFrame(socket, FRAME.archive, chunk);
  }
  await sendFrame(socket, FRAME.archiveEnd);
}

function errorOf(data: Buffer): TsbuildError {
  const { code, message, hint } = JSON.parse(data.toString()) as { code: ErrorCode; message: string; hint?: string };
  return new TsbuildError(code, message, { hint });
}

function sendFrame(socket: Socket, kind: FrameKind, data?: Uint8Array | string): Promise<void> {
  if (writeFrame(socket, kind, data) || socket.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    socket.once('drain', resolve);
    socket.once('close', resolve);
  });
}
