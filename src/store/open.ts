import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { uniqueName } from '../base/atomic.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { makeDirectories } from '../base/make-directories.ts';
import { ContainerStore } from './containers.ts';
import { ContentStore } from './content.ts';
import { ImageStore } from './images.ts';
import { writeIndexFile } from './index-file.ts';
import { FORMAT_VERSION, StoreLayout } from './layout.ts';
import { RecordStore } from './records.ts';
import { SessionStore } from './sessions.ts';
import { SourceStore } from './sources.ts';
import { storageError } from './storage-error.ts';
import { VolumeStore } from './volumes.ts';

/** The state on disk. Opening costs three system calls, whatever the store holds. */
export interface Store {
  readonly layout: StoreLayout;
  readonly content: ContentStore;
  readonly images: ImageStore;
  readonly records: RecordStore;
  readonly sources: SourceStore;
  readonly sessions: SessionStore;
  readonly containers: ContainerStore;
  readonly volumes: VolumeStore;
}

/**
 * Opens the store below an absolute path and makes it where there is none. STORE where a newer version of this
 * program has been there, PERMISSION where the directory is not ours to use, NO_SPACE.
 */
export async function openStore(root: string): Promise<Store> {
  const layout = new StoreLayout(root);
  try {
    if (!exists(layout)) create(layout);
  } catch (error) {
    throw withHint(storageError(isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP') ? noPlace(layout, error) : error));
  }
  const sessions = new SessionStore(layout);
  const content = new ContentStore(layout, () => sessions.current?.directory ?? layout.ingest);
  const records = new RecordStore(layout);
  const images = new ImageStore(layout, content);
  const sources = new SourceStore(records);
  const [containers, volumes] = [new ContainerStore(layout), new VolumeStore(layout)];
  return { layout, content, images, records, sources, sessions, containers, volumes };
}

function exists(layout: StoreLayout): boolean {
  const names = namesIn(layout.root);
  const newer = names.find((name) => Number(/^v(\d+)$/.exec(name)?.[1] ?? 0) > FORMAT_VERSION);
  if (newer !== undefined) {
    throw new TsbuildError('STORE', `${layout.root} belongs to a newer version of tsbuild (format ${newer.slice(1)})`, {
      hint: 'use that version, or choose another directory with --root DIR',
    });
  }
  const base = statSync(layout.base, { throwIfNoEntry: false });
  if (base !== undefined) requireOwner(layout, base.uid);
  return base !== undefined;
}

/** How a user that a user namespace does not map is shown (user_namespaces(7)). */
const OVERFLOW_UID = 65534;

/** Who owns the store decides what we run. In a user namespace another user shows as the overflow user, not as us. */
function requireOwner(layout: StoreLayout, owner: number): void {
  const self = process.geteuid?.();
  if (owner === self) return;
  const other = owner === OVERFLOW_UID ? 'another user' : `user ${owner}, and this is user ${self}`;
  throw new TsbuildError('PERMISSION', `${layout.base} belongs to ${other}`, {
    hint: 'choose another directory with --root DIR or $TSBUILD_ROOT',
  });
}

function namesIn(root: string): string[] {
  try {
    return readdirSync(root);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/** A new store appears whole or not at all; of two processes that make one at once, one wins and both use it. */
function create(layout: StoreLayout): void {
  makeDirectories(layout.root, 0o700);
  const fresh = new StoreLayout(join(layout.root, `.${uniqueName('new-')}`));
  try {
    for (const directory of [fresh.blobs, fresh.ingest, fresh.snapshots, fresh.sessions]) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    }
    writeIndexFile(fresh, { schemaVersion: 2, manifests: [] });
    renameSync(fresh.base, layout.base);
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  } finally {
    rmSync(fresh.root, { recursive: true, force: true });
  }
}

/** What leads there is no directory, or none in which any can be made. */
function noPlace({ root }: StoreLayout, cause: Error): TsbuildError {
  return new TsbuildError('PERMISSION', `no store can be made at ${root}: ${cause.message}`, { cause });
}

function withHint(error: unknown): unknown {
  if (!(error instanceof TsbuildError) || error.code !== 'PERMISSION' || error.hint !== undefined) return error;
  return new TsbuildError('PERMISSION', error.message, {
    cause: error.cause,
    hint: 'choose a directory that you can write to with --root DIR or $TSBUILD_ROOT',
  });
}
