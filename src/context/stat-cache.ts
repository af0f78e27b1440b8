import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import xxhash from 'xxhash-wasm';
import { writeFileAtomic } from '../base/atomic.ts';
import type { BytePath } from '../base/bytepath.ts';
import { isErrno } from '../base/error.ts';
import { FieldTable, FieldWriter } from '../base/field-table.ts';
import type { TreeEntry } from '../snapshot/tree.ts';

/** Changes whenever the layout of the file does; a file that begins otherwise reads as empty. */
const MAGIC = Buffer.from('TSBSTAT3');
const HEAD_SIZE = MAGIC.length + 4;
const CHECKSUM_SIZE = 8;

/** A record: size, mtime, ctime and inode as numbers of 8 bytes, and the sha256 of the content. */
const NUMBERS_SIZE = 4 * 8;
const RECORD_SIZE = NUMBERS_SIZE + 32;

/**
 * A file whose times are this close to the moment it was looked at may change again without a change of its times:
 * the kernel's clock for files ticks every 4 ms or 10 ms, and file systems without fractions tick every 1 s or 2 s.
 */
const TICK_MS = 50;
const COARSE_TICK_MS = 2000;

/** So many unused entries cost too little to be looked for. */
const FORGET_FROM = 1000;

/** Records one behind the other, and whose they are. */
interface Known {
  records: Buffer;
  paths: FieldTable;
}

/**
 * What the files of a context contained when they were last read, by their stat record: a file whose record is the
 * same is not read again. Files with extended attributes that are copied are not in it: who is, has none. Local to
 * this machine and lost without harm.
 */
export class StatCache {
  readonly #path: string;
  readonly #known: Known;
  /** For each known record, whether somebody asked for it. */
  readonly #used: Uint8Array;
  /** The numbers of the records that are new. */
  readonly #added = new Map<BytePath, number>();
  #records = Buffer.alloc(RECORD_SIZE);
  #changed = false;

  private constructor(path: string, known: Known) {
    this.#path = path;
    this.#known = known;
    this.#used = new Uint8Array(known.paths.rows);
  }

  static async load(path: string): Promise<StatCache> {
    return new StatCache(path, decode(readOrEmpty(path), await xxhash()));
  }

  /** The sha256 of the file's content, where it is known and the file is as it was. */
  get(path: BytePath, entry: TreeEntry): Buffer | undefined {
    const added = this.#added.get(path);
    if (added !== undefined) return digestIn(this.#records, added, entry);
    const row = this.#known.paths.find(path);
    if (row < 0) return undefined;
    this.#used[row] = 1;
    return digestIn(this.#known.records, row, entry);
  }

  /** `observed` is when the stat record was taken, before the content was read. */
  put(path: BytePath, entry: TreeEntry, digest: Buffer, observed: number): void {
    if (isRacy(entry, observed)) return;
    const row = this.#added.get(path) ?? this.#added.size;
    this.#added.set(path, row);
    const at = row * RECORD_SIZE;
    if (at === this.#records.length) this.#records = Buffer.concat([this.#records, Buffer.alloc(at)]);
    numbersOf(entry).forEach((value, index) => {
      this.#records.writeDoubleLE(value, at + index * 8);
    });
    digest.copy(this.#records, at + NUMBERS_SIZE);
    this.#changed = true;
  }

  async save(): Promise<void> {
    if (!this.#changed) return;
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    writeFileAtomic(this.#path, this.#encode(await xxhash()));
    this.#changed = false;
  }

  /** magic · count · records · paths · xxhash64 of everything before. */
  #encode({ h64Raw }: Hasher): Buffer {
    const { records, paths } = this.#known;
    const kept = this.#keptRows();
    const count = kept.length + this.#added.size;
    const all = new FieldWriter();
    const body = Buffer.allocUnsafe(HEAD_SIZE + count * RECORD_SIZE);
    MAGIC.copy(body);
    body.writeUInt32LE(count, MAGIC.length);
    kept.forEach((row, index) => {
      records.copy(body, HEAD_SIZE + index * RECORD_SIZE, row * RECORD_SIZE, (row + 1) * RECORD_SIZE);
      all.add(paths.field(row, 0));
    });
    this.#records.copy(body, HEAD_SIZE + kept.length * RECORD_SIZE, 0, this.#added.size * RECORD_SIZE);
    for (const path of this.#added.keys()) all.add(path);
    const file = Buffer.concat([body, all.encode(), Buffer.alloc(CHECKSUM_SIZE)]);
    const end = file.length - CHECKSUM_SIZE;
    file.writeBigUInt64LE(h64Raw(file.subarray(0, end)), end);
    return file;
  }

  /**
   * The known records that no new one replaces. Deleted files leave the cache once they outnumber the others; a build
   * of a part forgets nothing.
   */
  #keptRows(): Uint32Array {
    const { paths } = this.#known;
    const replaced = new Set(Array.from(this.#added.keys(), (path) => paths.find(path)));
    const rows = Uint32Array.from({ length: paths.rows }, (_, row) => row).filter((row) => !replaced.has(row));
    const used = rows.filter((row) => this.#used[row] === 1);
    const added = this.#added.size;
    return rows.length + added < 2 * (used.length + added) + FORGET_FROM ? rows : used;
  }
}

/** Whether a file may still change within the tick of the clock that its record shows. */
export function isRacy(entry: TreeEntry, observed: number): boolean {
  const tick = entry.mtimeMs % 1000 === 0 && entry.ctimeMs % 1000 === 0 ? COARSE_TICK_MS : TICK_MS;
  return Math.max(entry.mtimeMs, entry.ctimeMs) > observed - tick;
}

type Hasher = Awaited<ReturnType<typeof xxhash>>;

function readOrEmpty(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return Buffer.alloc(0);
    throw error;
  }
}

function decode(file: Buffer, { h64Raw }: Hasher): Known {
  const nothing = { records: file, paths: new FieldTable(Buffer.alloc(0), 1) };
  if (file.length < HEAD_SIZE + CHECKSUM_SIZE || !file.subarray(0, MAGIC.length).equals(MAGIC)) return nothing;
  const body = file.subarray(0, file.length - CHECKSUM_SIZE);
  if (file.readBigUInt64LE(body.length) !== h64Raw(body)) return nothing;
  const end = HEAD_SIZE + file.readUInt32LE(MAGIC.length) * RECORD_SIZE;
  return { records: body.subarray(HEAD_SIZE, end), paths: new FieldTable(body.subarray(end), 1) };
}

/** The digest in a record, where its numbers are those of the entry. */
function digestIn(records: Buffer, row: number, entry: TreeEntry): Buffer | undefined {
  const at = row * RECORD_SIZE;
  const isSame = numbersOf(entry).every((value, index) => value === records.readDoubleLE(at + index * 8));
  return isSame ? records.subarray(at + NUMBERS_SIZE, at + RECORD_SIZE) : undefined;
}

function numbersOf({ size, mtimeMs, ctimeMs, ino }: TreeEntry): readonly [number, number, number, number] {
  return [size, mtimeMs, ctimeMs, ino];
}
