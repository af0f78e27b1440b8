import { TsbuildError } from '../base/error.ts';

/** Writes a `string` of the SSH protocol: its length, then its bytes (RFC 4251, section 5). */
export function wireString(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Writes an `mpint`: big-endian, without needless zeros, with one before a set sign bit. */
export function wireInteger(value: Uint8Array): Buffer {
  let start = 0;
  while (start < value.length && value[start] === 0) start++;
  const bytes = Buffer.from(value.subarray(start));
  return wireString((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
}

/** Reads the values of a message one after the other; a length that leaves the message is an error. */
export class WireReader {
  readonly #data: Buffer;
  #offset = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  bytes(length: number): Buffer {
    const end = this.#offset + length;
    if (end > this.#data.length) throw new TsbuildError('INVALID', 'an SSH message ends early');
    const bytes = this.#data.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  uint32(): number {
    return this.bytes(4).readUInt32BE();
  }

  string(): Buffer {
    return this.bytes(this.uint32());
  }

  text(): string {
    return this.string().toString('latin1');
  }
}
