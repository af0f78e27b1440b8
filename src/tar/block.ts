/** Tar is a sequence of blocks; content is padded with zeros to a whole number of them. */
export const BLOCK_SIZE = 512;

/** A field of a header block: offset and length in bytes. */
export interface Field {
  readonly offset: number;
  readonly length: number;
}

/** The header block (POSIX pax, ustar Interchange Format). */
export const FIELD = {
  path: { offset: 0, length: 100 },
  mode: { offset: 100, length: 8 },
  uid: { offset: 108, length: 8 },
  gid: { offset: 116, length: 8 },
  size: { offset: 124, length: 12 },
  mtime: { offset: 136, length: 12 },
  checksum: { offset: 148, length: 8 },
  typeFlag: { offset: 156, length: 1 },
  linkPath: { offset: 157, length: 100 },
  magic: { offset: 257, length: 8 },
  devMajor: { offset: 329, length: 8 },
  devMinor: { offset: 337, length: 8 },
  prefix: { offset: 345, length: 155 },
} as const satisfies Record<string, Field>;

export const USTAR_MAGIC = 'ustar\x0000';

/** Bytes between the end of `size` bytes of content and the next block. */
export function paddingOf(size: number): number {
  return (BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE;
}

/** The sum of all bytes of a header with its checksum field taken as spaces. */
export function checksumOf(block: Buffer, start = 0): number {
  let sum = 8 * 0x20;
  for (let i = start; i < start + FIELD.checksum.offset; i++) sum += block[i] as number;
  for (let i = start + FIELD.typeFlag.offset; i < start + BLOCK_SIZE; i++) sum += block[i] as number;
  return sum;
}
