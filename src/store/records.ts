import { type Dirent, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic.ts';
import type { Json } from '../base/digest.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import type { StoreLayout } from './layout.ts';
import { onStorage, storageError } from './storage-error.ts';

const KIND = /^[a-z][a-z0-9-]*$/;
/** Other folders of a store. */
const RESERVED: readonly string[] = ['builds', 'content', 'ingest', 's', 'tmp'];
/** Hexadecimal, as digests are: spread over the shards, and no way out of them. */
const KEY = /^[0-9a-f]{8,128}$/;

/** Digits of the key that name the folder: 256 folders, each with 4000 files when there are a million records. */
const SHARD = 2;

const SUFFIX = '.json';

/**
 * Small JSON values by kind and key (hexadecimal digits), one file each: nothing to open, nothing to lock, and any
 * number of processes at once. Values are not synced to the disk; what a crash of the machine damages reads as absent.
 */
export class RecordStore {
  readonly #layout: StoreLayout;

  constructor(layout: StoreLayout) {
    this.#layout = layout;
  }

  /** Undefined where there is none. The value is what `put` was given, by any version of this program: check it. */
  get(kind: string, key: string): unknown {
    const path = this.#path(kind, key);
    try {
      return JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      if (!(error instanceof SyntaxError)) throw storageError(error);
      rmSync(path, { force: true });
      return undefined;
    }
  }

  put(kind: string, key: string, value: Json): void {
    onStorage(() => writeFileAtomic(this.#path(kind, key), JSON.stringify(value)));
  }

  remove(kind: string, key: string): void {
    rmSync(this.#path(kind, key), { force: true });
  }

  /** Marks the record as used now; does nothing where there is none. */
  touch(kind: string, key: string): void {
    const now = new Date();
    try {
      utimesSync(this.#path(kind, key), now, now);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw storageError(error);
    }
  }

  /** All keys of a kind in no particular order, read folder by folder while it goes. */
  *keys(kind: string): Generator<string> {
    const directory = this.#directory(kind);
    for (const shard of list(directory)) {
      if (!shard.isDirectory()) continue;
      for (const { name } of list(join(directory, shard.name))) {
        const key = shard.name + name.slice(0, -SUFFIX.length);
        if (name.endsWith(SUFFIX) && KEY.test(key)) yield key;
      }
    }
  }

  /** The file of a record, whose modification time says when it was used. */
  path(kind: string, key: string): string {
    return this.#path(kind, key);
  }

  #directory(kind: string): string {
    if (!KIND.test(kind) || RESERVED.includes(kind)) {
      throw new TsbuildError('INTERNAL', `not a kind of records: ${JSON.stringify(kind)}`);
    }
    return join(this.#layout.base, kind);
  }

  #path(kind: string, key: string): string {
    if (!KEY.test(key)) throw new TsbuildError('INTERNAL', `not the key of a record: ${JSON.stringify(key)}`);
    return join(this.#directory(kind), key.slice(0, SHARD), key.slice(SHARD) + SUFFIX);
  }
}

function list(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw storageError(error);
  }
}
