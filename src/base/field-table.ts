import { randomInt } from 'node:crypto';
import type { BytePath } from './bytepath.ts';

/** What stands behind each field; no field has one. */
const END = 0;
/** Fields become bytes together, in characters. */
const PIECE = 64 * 1024;

/** Writes rows of fields, of one character for each byte, as `FieldTable` reads them. */
export class FieldWriter {
  readonly #pieces: Buffer[] = [];
  #pending = '';
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  add(...fields: readonly string[]): void {
    for (const field of fields) this.#pending += `${field}\0`;
    this.#rows++;
    if (this.#pending.length >= PIECE) this.#flush();
  }

  /** All rows so far. */
  encode(): Buffer {
    this.#flush();
    return Buffer.concat(this.#pieces);
  }

  #flush(): void {
    this.#pieces.push(Buffer.from(this.#pending, 'latin1'));
    this.#pending = '';
  }
}

/**
 * Rows of fields that are found by their first one, in the bytes that `FieldWriter` made: two numbers for each row are
 * kept beside those. Where rows have the same first field, the last one counts.
 */
export class FieldTable {
  readonly #bytes: Buffer;
  /** Where each row begins. */
  readonly #starts: Uint32Array;
  /** The number of a row plus one, at the place that its hash says or the next that was free; 0 where there is none. */
  readonly #slots: Uint32Array;

  /** @param width how many fields a row has; what is no whole row is passed over */
  constructor(bytes: Buffer, width: number) {
    this.#bytes = bytes;
    this.#starts = startsOf(bytes, width);
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * this.#starts.length + 1)));
    for (let row = 0; row < this.#starts.length; row++) this.#insert(row);
  }

  get rows(): number {
    return this.#starts.length;
  }

  /** The number of the row that begins with this field; -1 where there is none. */
  find(key: BytePath): number {
    let hash = FIRST_HASH;
    for (let at = 0; at < key.length; at++) hash = nextHash(hash, key.charCodeAt(at));
    const slot = this.#slotOf(hash, (row) => this.#isAt(this.#starts[row] as number, key));
    return (this.#slots[slot] as number) - 1;
  }

  field(row: number, number: number): string {
    const start = this.#startOf(row, number);
    return this.#bytes.toString('latin1', start, this.#bytes.indexOf(END, start));
  }

  /** Whether the field is this text. */
  is(row: number, number: number, text: string): boolean {
    return this.#isAt(this.#startOf(row, number), text);
  }

  #insert(row: number): void {
    const start = this.#starts[row] as number;
    let hash = FIRST_HASH;
    for (let at = start; this.#bytes[at] !== END; at++) hash = nextHash(hash, this.#bytes[at] as number);
    this.#slots[this.#slotOf(hash, (other) => this.#areSame(this.#starts[other] as number, start))] = row + 1;
  }

  /** The place of the row that `isMeant`, or the one that is free for it. */
  #slotOf(hash: number, isMeant: (row: number) => boolean): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] as number) - 1;
      if (row < 0 || isMeant(row)) return slot;
    }
  }

  #startOf(row: number, number: number): number {
    let start = this.#starts[row] as number;
    for (let field = 0; field < number; field++) start = this.#bytes.indexOf(END, start) + 1;
    return start;
  }

  #isAt(start: number, text: string): boolean {
    if (this.#bytes[start + text.length] !== END) return false;
    for (let at = 0; at < text.length; at++) if (this.#bytes[start + at] !== text.charCodeAt(at)) return false;
    return true;
  }

  #areSame(one: number, other: number): boolean {
    for (let at = 0; ; at++) {
      if (this.#bytes[one + at] !== this.#bytes[other + at]) return false;
      if (this.#bytes[one + at] === END) return true;
    }
  }
}

/** FNV-1a, begun otherwise in each process: nobody can choose names that all come to the same place. */
const FIRST_HASH = randomInt(2 ** 32);

function nextHash(hash: number, byte: number): number {
  const mixed = Math.imul(hash ^ byte, 0x01000193);
  return mixed ^ (mixed >>> 15);
}

function startsOf(bytes: Buffer, width: number): Uint32Array {
  let ends = 0;
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === END) ends++;
  const starts = new Uint32Array(Math.floor(ends / width));
  let start = 0;
  for (let field = 0; field < starts.length * width; field++) {
    if (field % width === 0) starts[field / width] = start;
    start = bytes.indexOf(END, start) + 1;
  }
  return starts;
}
