import { constants } from 'node:os';
import type { BytePath } from '../../src/base/bytepath.ts';
import { TsbuildError } from '../../src/base/error.ts';

/** Where the bytes of its own file are in the memory of the launcher, from the first to the last (CODE of launcher.S). */
export const CODE = 0x40_0000;

/** Where the launcher keeps its input, and how much fits (AREA and AREA_SIZE of launcher.S). */
export const AREA = 0x1000_0000;
export const AREA_SIZE = 0x100_0000;

const HEADER_SIZE = 16;
const ENTRY_SIZE = 80;
const DIFFER = -1;

/** An address inside the area: of bytes that were put there, or of reserved zeros. */
export type Address = number & { readonly __address: true };

/** A place in the table that entries jump to; it is placed once, by `place`. */
export interface Label {
  index: number | undefined;
}

/** The value that is found at the address when the entry runs: the result of an earlier call. */
export interface Indirect {
  at: Address;
}

export type Argument = number | bigint | Indirect;

export interface CallOptions {
  /** What the entry does, for the report of its failure: `mount overlay on /x`. */
  what?: string | undefined;
  /** Receives the result, or the negative errno, as 8 bytes. */
  store?: Address | undefined;
  /** Where to go on after an error: the next entry, or a label. Without it the program reports the error and exits. */
  failed?: Label | 'next' | undefined;
  /** The one error that `failed` is for; every other one is reported. */
  expected?: keyof typeof constants.errno | undefined;
  /** Where to go on after a result above 0; without it the next entry. */
  positive?: Label | undefined;
}

interface Entry extends CallOptions {
  number: number;
  args: readonly Argument[];
}

/** The value stored at an address, as an argument. */
export function at(address: Address): Indirect {
  return { at: address };
}

/**
 * A program for the launcher: a table of system calls and the data they point to. Data has its final address as soon
 * as it is put; nothing is relocated. Reserved memory is taken from the far end of the area and is not transferred.
 */
export class Program {
  #data: Buffer = Buffer.alloc(4096);
  #dataEnd = HEADER_SIZE;
  #reservedStart = AREA_SIZE;
  readonly #entries: Entry[] = [];
  readonly #strings = new Map<string, Address>();

  /** Bytes that still fit. */
  get free(): number {
    return this.#reservedStart - this.#dataEnd - this.#entries.length * ENTRY_SIZE - 16;
  }

  get length(): number {
    return this.#entries.length;
  }

  call(number: number, args: readonly Argument[], options: CallOptions = {}): void {
    this.#entries.push({ number, args, ...options });
  }

  /** Goes on at the label if the two values differ. */
  jumpIfDifferent(a: Argument, b: Argument, label: Label): void {
    this.#entries.push({ number: DIFFER, args: [a, b], positive: label });
  }

  jump(label: Label): void {
    this.jumpIfDifferent(1, 0, label);
  }

  label(): Label {
    return { index: undefined };
  }

  /** The next entry is where the label leads. */
  place(label: Label): void {
    label.index = this.#entries.length;
  }

  /** Bytes at an address that is a multiple of 8. */
  bytes(data: Uint8Array): Address {
    const offset = this.#dataEnd;
    this.#grow(offset + data.length);
    this.#data.set(data, offset);
    this.#dataEnd = align(offset + data.length);
    return (AREA + offset) as Address;
  }

  /** A NUL-terminated string; equal strings are kept once. */
  string(text: BytePath): Address {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    if (text.includes('\0')) throw new TsbuildError('INVALID', `a NUL character in ${JSON.stringify(text)}`);
    const address = this.bytes(Buffer.from(`${text}\0`, 'latin1'));
    this.#strings.set(text, address);
    return address;
  }

  /** 64-bit values one after the other: structs, vectors of addresses. */
  words(values: readonly (number | bigint)[]): Address {
    const data = Buffer.alloc(values.length * 8);
    values.forEach((value, index) => {
      data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), index * 8);
    });
    return this.bytes(data);
  }

  /** A vector of strings that ends with a null pointer: argv, envp. */
  strings(texts: readonly BytePath[]): Address {
    return this.words([...texts.map((text) => this.string(text)), 0]);
  }

  /** Zeroed memory at an address that is a multiple of 8. */
  reserve(size: number): Address {
    this.#reservedStart -= align(size);
    this.#checkRoom();
    return (AREA + this.#reservedStart) as Address;
  }

  /** What the entry at this address of a failure report does. */
  describe(entry: number): string {
    return this.#entries[(entry - this.#tableStart()) / ENTRY_SIZE]?.what ?? `entry ${entry.toString(16)}`;
  }

  /** The input of the launcher (format: launcher.S). */
  build(): Buffer {
    this.#checkRoom();
    const start = this.#dataEnd;
    const image = Buffer.alloc(start + this.#entries.length * ENTRY_SIZE);
    this.#data.copy(image, 0, 0, start);
    image.writeBigUInt64LE(BigInt(AREA + image.length), 0);
    image.writeBigUInt64LE(BigInt(this.#tableStart()), 8);
    this.#entries.forEach((entry, index) => {
      this.#encode(entry, index, image.subarray(start + index * ENTRY_SIZE));
    });
    return image;
  }

  #encode(entry: Entry, index: number, out: Buffer): void {
    let indirect = 0;
    entry.args.forEach((argument, i) => {
      if (typeof argument === 'object') indirect |= 1 << i;
      const value = typeof argument === 'object' ? argument.at : argument;
      out.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 8 + i * 8);
    });
    out.writeInt32LE(entry.number, 0);
    out.writeUInt32LE(indirect, 4);
    out.writeUInt32LE(entry.store ?? 0, 56);
    out.writeUInt32LE(entry.failed === 'next' ? this.#addressOf(index + 1) : this.#target(entry.failed), 64);
    out.writeUInt32LE(entry.expected === undefined ? 0 : constants.errno[entry.expected], 68);
    out.writeUInt32LE(this.#target(entry.positive), 72);
  }

  #target(label: Label | undefined): number {
    if (label === undefined) return 0;
    if (label.index === undefined) throw new TsbuildError('INTERNAL', 'a jump to a label that was never placed');
    return this.#addressOf(label.index);
  }

  #addressOf(index: number): number {
    return this.#tableStart() + index * ENTRY_SIZE;
  }

  #tableStart(): number {
    return AREA + this.#dataEnd;
  }

  #grow(size: number): void {
    if (size <= this.#data.length) return;
    const grown = Buffer.alloc(Math.max(size, this.#data.length * 2));
    this.#data.copy(grown, 0, 0, this.#dataEnd);
    this.#data = grown;
  }

  #checkRoom(): void {
    if (this.free < 0) throw new TsbuildError('INTERNAL', `a program of more than ${AREA_SIZE} bytes`);
  }
}

function align(size: number): number {
  return (size + 7) & ~7;
}
