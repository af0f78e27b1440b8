import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { uniqueName } from '../base/atomic.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { FileLock, type LockFile } from './file-lock.ts';
import type { StoreLayout } from './layout.ts';
import { removeTree } from './remove-tree.ts';
import { onStorage, storageError } from './storage-error.ts';

const LOCK_SUFFIX = '.lock';

/**
 * What a running process holds: a directory for what it has not committed, and the promise that nothing is deleted
 * from the store meanwhile. Both end with `close` or with the death of the process.
 */
export class Session {
  readonly id: string;
  /** Exists, is empty and on the file system of the store. */
  readonly directory: string;
  readonly #lock: FileLock;
  readonly #closed: (session: Session) => void;

  constructor(id: string, directory: string, lock: FileLock, closed: (session: Session) => void) {
    this.id = id;
    this.directory = directory;
    this.#lock = lock;
    this.#closed = closed;
  }

  async close(): Promise<void> {
    this.#closed(this);
    await removeTree(this.directory);
    rmSync(this.directory + LOCK_SUFFIX, { force: true });
    this.#lock.release();
  }
}

/** The right to delete, while no process has a session. */
export interface Exclusive {
  release(): void;
}

export class SessionStore {
  readonly #layout: StoreLayout;
  readonly #open: Session[] = [];
  /** How many processes have been found dead. */
  reaped = 0;

  constructor(layout: StoreLayout) {
    this.#layout = layout;
  }

  /** The session of this process that was opened last and is not closed. */
  get current(): Session | undefined {
    return this.#open.at(-1);
  }

  /** Waits while a prune is running. Removes what dead processes left. */
  async open(): Promise<Session> {
    await this.reapDeadSessions();
    onStorage(() => mkdirSync(this.#layout.sessions, { recursive: true, mode: 0o700 }));
    const id = uniqueName();
    const directory = join(this.#layout.sessions, id);
    const lock = await FileLock.take(
      { path: this.#layout.gcLock, mode: 'shared' },
      { path: directory + LOCK_SUFFIX, mode: 'exclusive' },
    );
    onStorage(() => mkdirSync(directory, { mode: 0o700 }));
    const session = new Session(id, directory, lock, (closed) => this.#forget(closed));
    this.#open.push(session);
    return session;
  }

  /**
   * The right to delete: no process has a session while it is held. Undefined where one has and `wait` is false.
   * A process that holds a session itself would wait for ever.
   */
  async exclusive(options: { wait: boolean }): Promise<Exclusive | undefined> {
    if (this.#open.length > 0) throw new TsbuildError('INTERNAL', 'prune needs the sessions of this process closed');
    const file: LockFile = { path: this.#layout.gcLock, mode: 'exclusive' };
    const lock = options.wait ? await FileLock.take(file) : await FileLock.tryTake(file);
    if (lock === undefined) return undefined;
    try {
      await this.reapDeadSessions();
      await removeTree(this.#layout.ingest);
      return lock;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Removes the directories of processes that are gone: those whose lock can be taken. */
  async reapDeadSessions(): Promise<void> {
    const names = namesIn(this.#layout.sessions);
    const ids = new Set(names.map((name) => (name.endsWith(LOCK_SUFFIX) ? name.slice(0, -LOCK_SUFFIX.length) : name)));
    for (const session of this.#open) ids.delete(session.id);
    for (const id of ids) await this.#reap(join(this.#layout.sessions, id));
  }

  /** The directory goes before its lock file, so that there is never one without the other for a reader to misread. */
  async #reap(directory: string): Promise<void> {
    const lock = await FileLock.tryTake({ path: directory + LOCK_SUFFIX, mode: 'exclusive' });
    if (lock === undefined) return;
    this.reaped++;
    try {
      await removeTree(directory);
      rmSync(directory + LOCK_SUFFIX, { force: true });
    } finally {
      lock.release();
    }
  }

  #forget(session: Session): void {
    const index = this.#open.indexOf(session);
    if (index >= 0) this.#open.splice(index, 1);
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw storageError(error);
  }
}
