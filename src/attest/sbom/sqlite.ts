import { TsbuildError } from '../../base/error.ts';

/** A table is as deep as its size asks for; deeper is no table of SQLite's. */
const MAX_DEPTH = 20;
const HEADER_SIZE = 100;
const LEAF = 0x0d;
const INTERIOR = 0x05;

type Value = Buffer | string | number | null;

/**
 * Reads the rows of tables of an SQLite database (the file format of version 3), with what its write-ahead log has
 * committed. INVALID where it is none, or damaged.
 */
export class SqliteFile {
  readonly #data: Buffer;
  readonly #logged: ReadonlyMap<number, Buffer>;
  readonly #pageSize: number;
  readonly #usable: number;

  constructor(data: Buffer, log: Buffer = Buffer.alloc(0)) {
    if (data.length < HEADER_SIZE || data.toString('latin1', 0, 16) !== 'SQLite format 3\0') throw damaged();
    const size = data.readUInt16BE(16);
    this.#data = data;
    this.#pageSize = size === 1 ? 65_536 : size;
    this.#usable = this.#pageSize - (data[20] ?? 0);
    if (this.#pageSize < 512 || this.#usable < 480) throw damaged();
    this.#logged = committedPages(log, this.#pageSize);
  }

  /** The rows of a table, each as its columns in order; undefined where there is no such table. */
  rows(table: string): Value[][] | undefined {
    const schema = [...this.#rowsFrom(1)];
    const root = schema.find(([type, name]) => type === 'table' && name === table)?.[3];
    return typeof root === 'number' ? [...this.#rowsFrom(root)] : undefined;
  }

  *#rowsFrom(number: number, depth = 0, seen = new Set<number>()): Generator<Value[]> {
    if (depth > MAX_DEPTH || seen.has(number)) throw damaged();
    seen.add(number);
    const page = this.#page(number);
    const start = number === 1 ? HEADER_SIZE : 0;
    const type = page[start];
    const cells = page.readUInt16BE(start + 3);
    if (type !== LEAF && type !== INTERIOR) throw damaged();
    const pointers = start + (type === INTERIOR ? 12 : 8);
    for (let index = 0; index < cells; index++) {
      const at = page.readUInt16BE(pointers + 2 * index);
      if (type === LEAF) yield recordOf(this.#payload(page, at));
      else yield* this.#rowsFrom(page.readUInt32BE(at), depth + 1, seen);
    }
    if (type === INTERIOR) yield* this.#rowsFrom(page.readUInt32BE(start + 8), depth + 1, seen);
  }

  /** What a cell holds: its beginning in the page, the rest in a list of other pages. */
  #payload(page: Buffer, at: number): Buffer {
    const [length, afterLength] = varint(page, at);
    const [, body] = varint(page, afterLength);
    const most = this.#usable - 35;
    if (length > this.#data.length + this.#logged.size * this.#pageSize) throw damaged();
    if (length <= most) return page.subarray(body, body + length);
    const least = Math.floor(((this.#usable - 12) * 32) / 255) - 23;
    const fitting = least + ((length - least) % (this.#usable - 4));
    const here = fitting <= most ? fitting : least;
    const parts = [page.subarray(body, body + here)];
    let next = page.readUInt32BE(body + here);
    for (let left = length - here; left > 0; left -= this.#usable - 4) {
      const more = this.#page(next);
      parts.push(more.subarray(4, 4 + Math.min(left, this.#usable - 4)));
      next = more.readUInt32BE(0);
    }
    return Buffer.concat(parts);
  }

  #page(number: number): Buffer {
    const logged = this.#logged.get(number);
    if (logged !== undefined) return logged;
    const start = (number - 1) * this.#pageSize;
    if (number < 1 || start + this.#pageSize > this.#data.length) throw damaged();
    return this.#data.subarray(start, start + this.#pageSize);
  }
}

/** The pages of a write-ahead log up to its last commit. */
function committedPages(log: Buffer, pageSize: number): Map<number, Buffer> {
  const committed = new Map<number, Buffer>();
  const salts = log.subarray(16, 24);
  const pending = new Map<number, Buffer>();
  for (let at = 32; at + 24 + pageSize <= log.length; at += 24 + pageSize) {
    if (!log.subarray(at + 8, at + 16).equals(salts)) break;
    pending.set(log.readUInt32BE(at), log.subarray(at + 24, at + 24 + pageSize));
    if (log.readUInt32BE(at + 4) === 0) continue;
    for (const [number, page] of pending) committed.set(number, page);
    pending.clear();
  }
  return committed;
}

function recordOf(payload: Buffer): Value[] {
  const [headerSize, first] = varint(payload, 0);
  const values: Value[] = [];
  let body = headerSize;
  for (let at = first; at < headerSize; ) {
    const [type, next] = varint(payload, at);
    const size = sizeOf(type);
    if (body + size > payload.length) throw damaged();
    values.push(columnOf(type, payload.subarray(body, body + size)));
    body += size;
    at = next;
  }
  return values;
}

const INTEGER_SIZES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0];

function sizeOf(type: number): number {
  return type < 12 ? (INTEGER_SIZES[type] as number) : Math.floor((type - 12) / 2);
}

function columnOf(type: number, bytes: Buffer): Value {
  if (type >= 12) return type % 2 === 0 ? bytes : bytes.toString('utf8');
  if (type === 8 || type === 9) return type - 8;
  if (type === 7) return bytes.readDoubleBE(0);
  if (type === 6) return Number(bytes.readBigInt64BE(0));
  return type === 0 || type > 9 ? null : bytes.readIntBE(0, bytes.length);
}

/** A number of up to nine bytes, seven bits in each but the last, and the place behind it. */
function varint(data: Buffer, at: number): [value: number, next: number] {
  let value = 0;
  for (let index = 0; index < 9; index++) {
    const byte = data[at + index];
    if (byte === undefined) throw damaged();
    if (index === 8) return [value * 256 + byte, at + 9];
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + index + 1];
  }
  throw damaged();
}

function damaged(): TsbuildError {
  return new TsbuildError('INVALID', 'it is not a database of SQLite, or damaged');
}
