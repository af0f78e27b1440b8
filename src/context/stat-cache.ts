import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import xxhash from 'xxhash-wasm';
import { writeFileAtomic } from '../base/atomic.ts';
import type { BytePath } from '../base/bytepath.ts';
import { isErrno } from '../base/error.ts';
import type { TreeEntry } from '../snapshot/tree.ts';

/** Changes whenever the layout of the file does; a file that begins otherwise reads as empty. */
const MAGIC = Buffer.from('TSBSTAT2');
const NUMBERS = 4; // size, mtime, ctime, inode
const DIGEST_SIZE = 32;
const CHECKSUM_SIZE = 8;

/**
 * A file whose times are this close to the moment it was looked at may change again without a change of its times:
 * the kernel's clock for files ticks every 4 ms or 10 ms, and file systems without fractions tick every 1 s or 2 s.
 */
const TICK_MS = 50;
const COARSE_TICK_MS = 2000;

/** So many unused entries cost too little to be looked for. */
const FORGET_FROM = 1000;

interface Known {
  numbers: readonly [size: number, mtimeMs: number, ctimeMs: number, inode: number];
  digest: Buffer;
}

/**
 * What the files of a context contained when they were last read, by their stat record: a file whose record is the
 * same is not read again. Files with extended attributes that are copied are not in it: who is, has none. Local to
 * this machine and lost without harm.
 */
export class StatCache {
  readonly #path: string;
  readonly #known: Map<BytePath, Known>;
  readonly #used = new Set<BytePath>();
  #changed = false;

  private constructor(path: string, known: Map<BytePath, Known>) {
    this.#path = path;
    this.#known = known;
  }

  static async load(path: string): Promise<StatCache> {
    return new StatCache(path, decode(readOrEmpty(path), await xxhash()));
  }

  /** The sha256 of the file's content, where it is known and the file is as it was. */
  get(path: BytePath, entry: TreeEntry): Buffer | undefined {
    const known = this.#known.get(path);
    if (known === undefined) return undefined;
    this.#used.add(path);
    const [size, mtimeMs, ctimeMs, inode] = known.numbers;
    const same = size === entry.size && mtimeMs === entry.mtimeMs && ctimeMs === entry.ctimeMs && inode === entry.ino;
    return same ? known.digest : undefined;
  }

  /** `observed` is when the stat record was taken, before the content was read. */
  put(path: BytePath, entry: TreeEntry, digest: Buffer, observed: number): void {
    if (isRacy(entry, observed)) return;
    this.#used.add(path);
    this.#known.set(path, { numbers: [entry.size, entry.mtimeMs, entry.ctimeMs, entry.ino], digest });
    this.#changed = true;
  }

  async save(): Promise<void> {
    if (!this.#changed) return;
    this.#forgetGone();
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    writeFileAtomic(this.#path, encode(this.#known, await xxhash()));
    this.#changed = false;
  }

  /** Deleted files leave the cache once they outnumber the others; a build of a part forgets nothing. */
  #forgetGone(): void {
    if (this.#known.size < 2 * this.#used.size + FORGET_FROM) return;
    for (const path of this.#known.keys()) {
      if (!this.#used.has(path)) this.#known.delete(path);
    }
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

/** magic · count · numbers, digests and names of all files · xxhash64 of everything before. */
function encode(known: ReadonlyMap<BytePath, Known>, { h64Raw }: Hasher): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(known.size);
  const numbers = new Float64Array(known.size * NUMBERS);
  const digests = Buffer.allocUnsafe(known.size * DIGEST_SIZE);
  let index = 0;
  for (const { numbers: values, digest } of known.values()) {
    numbers.set(values, index * NUMBERS);
    digest.copy(digests, index * DIGEST_SIZE);
    index++;
  }
  const names = Buffer.from([...known.keys()].join('\0'), 'latin1');
  const body = Buffer.concat([MAGIC, count, Buffer.from(numbers.buffer), digests, names]);
  const checksum = Buffer.alloc(CHECKSUM_SIZE);
  checksum.writeBigUInt64LE(h64Raw(body));
  return Buffer.concat([body, checksum]);
}

function decode(file: Buffer, { h64Raw }: Hasher): Map<BytePath, Known> {
  const known = new Map<BytePath, Known>();
  const head = MAGIC.length + 4;
  if (file.length < head + CHECKSUM_SIZE || !file.subarray(0, MAGIC.length).equals(MAGIC)) return known;
  const body = file.subarray(0, file.length - CHECKSUM_SIZE);
  if (file.readBigUInt64LE(body.length) !== h64Raw(body)) return known;
  const count = file.readUInt32LE(MAGIC.length);
  const digestsAt = head + count * NUMBERS * 8;
  const namesAt = digestsAt + count * DIGEST_SIZE;
  const names = count === 0 ? [] : body.toString('latin1', namesAt).split('\0');
  const number = (index: number) => file.readDoubleLE(head + index * 8);
  names.forEach((name, index) => {
    const at = index * NUMBERS;
    const start = digestsAt + index * DIGEST_SIZE;
    known.set(name, {
      numbers: [number(at), number(at + 1), number(at + 2), number(at + 3)],
      digest: file.subarray(start, start + DIGEST_SIZE),
    });
  });
  return known;
}
