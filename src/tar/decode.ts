import type { BytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { BLOCK_SIZE, checksumOf, FIELD, type Field } from './block.ts';
import { type TarEntry, type TarEntryType, TYPE_FLAGS } from './entry.ts';
import { type PaxRecords, parsePaxInteger, parsePaxTime, XATTR_PREFIX } from './pax.ts';

/** `\0` is a file of the time before ustar, `7` a file that wants to be contiguous. */
const TYPES: ReadonlyMap<string, TarEntryType> = new Map([
  ...Object.entries(TYPE_FLAGS).map(([type, flag]) => [flag, type as TarEntryType] as const),
  ['\0', 'file'],
  ['7', 'file'],
]);

export function damaged(what: string): TsbuildError {
  return new TsbuildError('INVALID', `damaged tar: ${what}`);
}

export function isZeroBlock(block: Buffer, start: number): boolean {
  for (let i = start; i < start + BLOCK_SIZE; i++) if (block[i] !== 0) return false;
  return true;
}

/** The sum of a header was once taken over signed bytes; such archives are still read (GNU tar, Checksum). */
export function checkChecksum(block: Buffer, start: number): void {
  const stored = readNumber(block, start, FIELD.checksum);
  const sum = checksumOf(block, start);
  if (stored === sum) return;
  let high = 0;
  for (let i = start; i < start + BLOCK_SIZE; i++) {
    const inChecksum = i >= start + FIELD.checksum.offset && i < start + FIELD.typeFlag.offset;
    if (!inChecksum && (block[i] as number) > 127) high += 256;
  }
  if (stored !== sum - high) throw damaged('the checksum of a header is wrong');
}

function readString(block: Buffer, start: number, field: Field): string {
  const from = start + field.offset;
  const to = from + field.length;
  const nul = block.indexOf(0, from);
  return block.toString('latin1', from, nul < 0 || nul > to ? to : nul);
}

/** Octal digits, or GNU's base-256 where the first bit is set. */
export function readNumber(block: Buffer, start: number, field: Field): number {
  let at = start + field.offset;
  const end = at + field.length;
  if ((block[at] as number) & 0x80) return readBase256(block, at, end);
  while (at < end && (block[at] === 0x20 || block[at] === 0)) at++;
  let value = 0;
  for (; at < end; at++) {
    const digit = (block[at] as number) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  if (at < end && block[at] !== 0x20 && block[at] !== 0) throw damaged('a number that is not octal');
  return value;
}

function readBase256(block: Buffer, from: number, end: number): number {
  const first = block[from] as number;
  const negative = (first & 0x40) !== 0;
  let value = negative ? (first | 0x80) - 256 : first & 0x7f;
  for (let at = from + 1; at < end; at++) value = value * 256 + (block[at] as number);
  if (!Number.isSafeInteger(value)) throw damaged('a number out of range');
  return value;
}

/** The path of ustar's two fields. GNU's magic has other fields where ustar has the prefix. */
function readPath(block: Buffer, start: number): BytePath {
  const name = readString(block, start, FIELD.path);
  const isUstar = block.toString('latin1', start + FIELD.magic.offset, start + FIELD.magic.offset + 6) === 'ustar\0';
  if (!isUstar || block[start + FIELD.prefix.offset] === 0) return name;
  const isStar = block.toString('latin1', start + 508, start + BLOCK_SIZE) === 'tar\0';
  const prefix = readString(block, start, isStar ? { ...FIELD.prefix, length: 131 } : FIELD.prefix);
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** What earlier headers say about the next entry: PAX records, among which GNU long names appear as paths. */
export class Overrides {
  readonly global: PaxRecords = new Map();
  readonly local: PaxRecords = new Map();

  /** Undefined where nothing is said; an empty value takes back a global one. */
  get(keyword: string): string | undefined {
    if (this.local.size === 0 && this.global.size === 0) return undefined;
    return (this.local.get(keyword) ?? this.global.get(keyword)) || undefined;
  }

  /** GNU tar's sparse files, in the forms that go into PAX headers (GNU tar, Storing Sparse Files). */
  isSparse(): boolean {
    return ['GNU.sparse.major', 'GNU.sparse.map', 'GNU.sparse.size'].some((keyword) => this.get(keyword) !== undefined);
  }

  integer(keyword: string): number | undefined {
    const text = this.get(keyword);
    return text === undefined ? undefined : parsePaxInteger(keyword, text);
  }

  time(keyword: string): number | undefined {
    const text = this.get(keyword);
    return text === undefined ? undefined : parsePaxTime(keyword, text);
  }

  xattrs(): Map<string, Buffer> | undefined {
    let found: Map<string, Buffer> | undefined;
    for (const records of [this.global, this.local]) {
      for (const [keyword, value] of records) {
        if (!keyword.startsWith(XATTR_PREFIX)) continue;
        found ??= new Map();
        found.set(keyword.slice(XATTR_PREFIX.length), Buffer.from(value, 'latin1'));
      }
    }
    return found;
  }
}

function natural(name: string, value: number): number {
  if (value < 0) throw damaged(`a negative ${name}`);
  return value;
}

function typeOf(flag: string, path: BytePath): TarEntryType {
  const type = TYPES.get(flag);
  if (type === undefined) {
    throw new TsbuildError('UNSUPPORTED', `tar entry ${path} is of the unknown type ${JSON.stringify(flag)}`);
  }
  return flag === '\0' && path.endsWith('/') ? 'directory' : type;
}

/** The root, which some archives hold as `/`, keeps its slash. */
function stripSlashes(path: BytePath): BytePath {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}

/** The entry of a header block at `start`, under what earlier headers said. */
export function decodeHeader(block: Buffer, start: number, overrides: Overrides): TarEntry {
  const fullPath = overrides.get('path') ?? readPath(block, start);
  const type = typeOf(String.fromCharCode(block[start + FIELD.typeFlag.offset] as number), fullPath);
  const isDevice = type === 'char' || type === 'block';
  const linkPath = type === 'symlink' || type === 'hardlink' ? readLink(block, start, overrides) : undefined;
  const path = type === 'directory' ? stripSlashes(fullPath) : fullPath;
  if (path === '' || path.includes('\0')) throw damaged('a name that is empty or holds NUL');
  return {
    path,
    type,
    mode: readNumber(block, start, FIELD.mode) & 0o7777,
    uid: natural('uid', overrides.integer('uid') ?? readNumber(block, start, FIELD.uid)),
    gid: natural('gid', overrides.integer('gid') ?? readNumber(block, start, FIELD.gid)),
    size: type === 'file' ? natural('size', overrides.integer('size') ?? readNumber(block, start, FIELD.size)) : 0,
    mtime: overrides.time('mtime') ?? readNumber(block, start, FIELD.mtime),
    linkPath,
    devMajor: isDevice ? natural('device', readNumber(block, start, FIELD.devMajor)) : undefined,
    devMinor: isDevice ? natural('device', readNumber(block, start, FIELD.devMinor)) : undefined,
    xattrs: overrides.xattrs(),
  };
}

function readLink(block: Buffer, start: number, overrides: Overrides): BytePath {
  const target = overrides.get('linkpath') ?? readString(block, start, FIELD.linkPath);
  if (target === '' || target.includes('\0')) throw damaged('a link without a target');
  return target;
}
