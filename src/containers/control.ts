import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ExecSpec, RunningContainer, WindowSize } from '../../runner/index.ts';
import { toTsbuildError } from '../base/error.ts';
import { exitCodeOf } from './exit-code.ts';
import { FRAME, type FrameKind, FrameReader, writeFrame } from './protocol.ts';
import { type ContainerContext, type ContainerNetwork, type ExecRequest, execOf, rootOf } from './sandbox.ts';
import { withShortPath } from './socket-path.ts';
import type { ContainerSpec } from './spec.ts';
import { SOCKET } from './state.ts';

/** What a supervisor is asked for. */
export type Request =
  | { kind: 'signal'; signal: NodeJS.Signals }
  /** Answered when the container has ended. */
  | { kind: 'wait' }
  | ({ kind: 'exec'; size?: WindowSize | undefined; detach: boolean } & ExecRequest)
  /** An archive of a path of the container. */
  | { kind: 'read'; path: string; follow: boolean }
  /** An archive to unpack at a path of the container. */
  | { kind: 'write'; path: string; raw: boolean };

type ExecCall = Extract<Request, { kind: 'exec' }>;

/** The exit code of a container, or of a program more in it. */
export interface Ended {
  exitCode: number;
  message?: string | undefined;
}

/** With the network that the container has got. */
type RunningContext = ContainerContext & { network: ContainerNetwork };

/** More than that a client that does not read may not keep us from forgetting, in bytes. */
const MAX_BACKLOG = 64 * 1024 * 1024;

/** Answers for one container on the socket in its directory; hangs up where the container has ended. */
export class ControlServer {
  readonly #server: Server;
  readonly #spec: ContainerSpec;
  readonly #context: RunningContext;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<Socket>();
  /** Those that are about to be answered. */
  readonly #busy = new Set<Socket>();
  #container: RunningContainer | undefined;

  private constructor(server: Server, spec: ContainerSpec, context: RunningContext) {
    this.#server = server;
    this.#spec = spec;
    this.#context = context;
    server.on('connection', (socket) => this.#connected(socket));
  }

  /** The caller holds the container's lock: a socket that is there is that of a dead supervisor. */
  static async listen(directory: string, spec: ContainerSpec, context: RunningContext): Promise<ControlServer> {
    rmSync(join(directory, SOCKET), { force: true });
    const server = createServer({ allowHalfOpen: true });
    await withShortPath(
      directory,
      SOCKET,
      (path) =>
        new Promise<void>((resolve, reject) => {
          server.once('error', reject);
          server.listen(path, resolve);
        }),
    );
    return new ControlServer(server, spec, context);
  }

  attach(container: RunningContainer): void {
    this.#container = container;
  }

  /** Tells those who wait. */
  ended(exitCode: number): void {
    this.#container = undefined;
    for (const socket of this.#waiting) answer(socket, { exitCode });
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) {
      if (!socket.writableEnded && !this.#busy.has(socket)) socket.destroy();
    }
    const patience = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, CLOSE_TIMEOUT);
    await closed;
    clearTimeout(patience);
  }

  #connected(socket: Socket): void {
    const reader = new FrameReader();
    const frames = new Frames(socket);
    this.#sockets.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#waiting.delete(socket);
      frames.end();
    });
    socket.on('error', () => socket.destroy());
    socket.on('end', () => frames.end());
    let asked = false;
    socket.on('data', (chunk) => {
      try {
        for (const { kind, data } of reader.read(chunk)) {
          if (asked) frames.push(kind, data);
          else this.#asked(socket, JSON.parse(data.toString()) as Request, frames);
          asked = true;
        }
      } catch (error) {
        fail(socket, error);
      }
    });
  }

  #asked(socket: Socket, request: Request, frames: Frames): void {
    const container = this.#container;
    if (request.kind === 'wait') {
      this.#waiting.add(socket);
      return;
    }
    if (container === undefined) {
      socket.destroy();
      return;
    }
    this.#busy.add(socket);
    this.#perform(container, request, socket, frames)
      .then(
        (result) => answer(socket, result),
        (error) => fail(socket, error),
      )
      .finally(() => this.#busy.delete(socket));
  }

  async #perform(
    container: RunningContainer,
    request: Exclude<Request, { kind: 'wait' }>,
    socket: Socket,
    frames: Frames,
  ): Promise<object> {
    switch (request.kind) {
      case 'signal':
        container.kill(request.signal);
        return {};
      case 'exec':
        return this.#exec(container, request, socket, frames);
      case 'read': {
        const { readArchive } = await import('./archive.ts');
        return readArchive(rootOf(container), request.path, (chunk) => send(socket, chunk), request);
      }
      case 'write': {
        const { writeArchive } = await import('./unarchive.ts');
        return writeArchive(rootOf(container), request.path, frames.bytes(), { raw: request.raw, owners: true });
      }
    }
  }

  async #exec(container: RunningContainer, call: ExecCall, socket: Socket, frames: Frames): Promise<Ended> {
    const exec = execOf(this.#spec, call, rootOf(container), this.#context);
    if (call.detach) return startAlone(container, exec, call);
    const put = (kind: FrameKind) => (chunk: Buffer) => {
      writeFrame(socket, kind, chunk);
      if (socket.writableLength > MAX_BACKLOG) socket.destroy();
    };
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    const result = await container.exec(exec, {
      stdin: call.interactive ? 'pipe' : 'null',
      stdout: put(FRAME.stdout),
      stderr: put(FRAME.stderr),
      terminal: terminalOf(call),
      signal: gone.signal,
      onStart: (program) => {
        writeFrame(socket, FRAME.started);
        void connectInput(program, frames);
      },
    });
    return { exitCode: exitCodeOf(result), message: 'message' in result ? result.message : undefined };
  }
}

const DEFAULT_SIZE: WindowSize = { rows: 24, columns: 80 };

function terminalOf({ tty, size = DEFAULT_SIZE }: ExecCall): WindowSize | undefined {
  return tty ? size : undefined;
}

/** Nobody listens to what it says, nor waits for its end. */
function startAlone(container: RunningContainer, exec: ExecSpec, call: ExecCall): Promise<Ended> {
  const deaf = () => undefined;
  return new Promise((resolve, reject) => {
    const onStart = () => resolve({ exitCode: 0 });
    const running = container.exec(exec, { stdout: deaf, stderr: deaf, terminal: terminalOf(call), onStart });
    running.then(onStart, reject);
  });
}

const CLOSE_TIMEOUT = 2000;

async function connectInput(program: RunningContainer, frames: Frames): Promise<void> {
  for await (const { kind, data } of frames) {
    if (kind === FRAME.stdin) await writeAll(program, data);
    else if (kind === FRAME.stdinEnd) program.stdin?.end();
    else if (kind === FRAME.resize) program.resize(JSON.parse(data.toString()) as WindowSize);
    else if (kind === FRAME.signal) program.kill(data.toString() as NodeJS.Signals);
  }
}

/** Waits while the program does not read. */
async function writeAll({ stdin }: RunningContainer, data: Buffer): Promise<void> {
  if (stdin === undefined || !stdin.writable || stdin.write(data)) return;
  await new Promise<void>((resolve) => {
    stdin.once('drain', resolve);
    stdin.once('close', resolve);
  });
}

/** What is kept of a client that is faster than what it talks to, in bytes. */
const MAX_QUEUE = 1024 * 1024;

/** The frames behind a request, in the order in which they come. */
class Frames implements AsyncIterable<{ kind: FrameKind; data: Buffer }> {
  readonly #queue: { kind: FrameKind; data: Buffer }[] = [];
  readonly #socket: Socket;
  #size = 0;
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  push(kind: FrameKind, data: Buffer): void {
    this.#queue.push({ kind, data });
    this.#size += data.length;
    if (this.#size > MAX_QUEUE) this.#socket.pause();
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<{ kind: FrameKind; data: Buffer }> {
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) {
        this.#size -= next.data.length;
        if (this.#size <= MAX_QUEUE) this.#socket.resume();
        yield next;
      } else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  /** The bytes of an archive, which must come to its end. */
  async *bytes(): AsyncGenerator<Buffer> {
    for await (const { kind, data } of this) {
      if (kind === FRAME.archiveEnd) return;
      if (kind === FRAME.archive) yield data;
    }
    throw new Error('the archive ended early');
  }
}

/** Waits while the other end does not read. */
async function send(socket: Socket, chunk: Buffer): Promise<void> {
  if (writeFrame(socket, FRAME.archive, chunk) || socket.destroyed) return;
  await new Promise<void>((resolve) => {
    socket.once('drain', resolve);
    socket.once('close', resolve);
  });
  if (socket.destroyed) throw new Error('nobody reads the archive');
}

function answer(socket: Socket, result: object): void {
  writeFrame(socket, FRAME.done, JSON.stringify(result));
  socket.end();
}

function fail(socket: Socket, error: unknown): void {
  const { code, message, hint } = toTsbuildError(error);
  writeFrame(socket, FRAME.failed, JSON.stringify({ code, message, hint }));
  socket.end();
}
