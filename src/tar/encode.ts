import { isAscii } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { BLOCK_SIZE, checksumOf, FIELD, type Field, paddingOf, USTAR_MAGIC } from './block.ts';
import { type TarEntry, TYPE_FLAGS } from './entry.ts';
import { formatPax, formatPaxTime, type PaxRecords, roundTime, XATTR_PREFIX } from './pax.ts';

/**
 * The header blocks of an entry: one ustar block where everything fits, else a PAX extended header before it. The
 * bytes are those that Go's archive/tar makes for a PAX header of the same fields, which is what BuildKit, buildah
 * and containerd write, and depend on nothing but the entry.
 */
export function encodeHeader(entry: TarEntry): Buffer {
  checkEntry(entry);
  const path = entry.type === 'directory' && !entry.path.endsWith('/') ? `${entry.path}/` : entry.path;
  const split = path.length > FIELD.path.length ? splitPath(path) : undefined;
  const records = extendedRecords(entry, path, split !== undefined);
  if (records === undefined) return ustarBlock(entry, split?.name ?? path, split?.prefix ?? '');
  const data = formatPax(records);
  const padding = Buffer.alloc(paddingOf(data.length));
  return Buffer.concat([extendedBlock(path, data.length), data, padding, ustarBlock(entry, path, '')]);
}

function checkEntry(entry: TarEntry): void {
  const { path, linkPath = '', mode, size, uid, gid, mtime, devMajor = 0, devMinor = 0 } = entry;
  const numbers = [mode, size, uid, gid, devMajor, devMinor, Math.abs(Math.round(mtime))];
  const possible =
    path !== '' &&
    !path.includes('\0') &&
    !linkPath.includes('\0') &&
    numbers.every((value) => Number.isSafeInteger(value) && value >= 0) &&
    mode <= 0o7777 &&
    (entry.type === 'file' || size === 0);
  if (!possible) throw new TsbuildError('INTERNAL', `an entry that no tar can hold: ${JSON.stringify(entry)}`);
}

/** Splits at the last slash that lets the prefix and the rest fit the two fields of ustar. */
function splitPath(path: string): { prefix: string; name: string } | undefined {
  if (!isAscii(path)) return undefined;
  const longest = FIELD.prefix.length + 1;
  const searched = path.length > longest ? longest : path.endsWith('/') ? path.length - 1 : path.length;
  const slash = path.lastIndexOf('/', searched - 1);
  const nameLength = path.length - slash - 1;
  if (slash <= 0 || nameLength === 0 || nameLength > FIELD.path.length) return undefined;
  return { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
}

function fitsOctal(value: number, field: Field): boolean {
  return value >= 0 && value < 8 ** (field.length - 1);
}

/**
 * What ustar cannot say; undefined where it can say all. A path that ustar can split is a reason to write a record,
 * but not a reason to write an extended header: such a path appears here only beside another record.
 */
function extendedRecords(entry: TarEntry, path: string, canSplit: boolean): PaxRecords | undefined {
  const records: PaxRecords = new Map();
  const { linkPath = '' } = entry;
  const longPath = path.length > FIELD.path.length;
  if (linkPath.length > FIELD.linkPath.length || !isAscii(linkPath)) records.set('linkpath', linkPath);
  if (!fitsOctal(entry.uid, FIELD.uid)) records.set('uid', String(entry.uid));
  if (!fitsOctal(entry.gid, FIELD.gid)) records.set('gid', String(entry.gid));
  if (!fitsOctal(entry.size, FIELD.size)) records.set('size', String(entry.size));
  const mtime = roundTime(entry.mtime);
  if (!Number.isInteger(mtime) || !fitsOctal(mtime, FIELD.mtime)) records.set('mtime', formatPaxTime(mtime));
  for (const [name, value] of entry.xattrs ?? []) records.set(xattrKeyword(name), value.toString('latin1'));
  if ((longPath && !canSplit) || !isAscii(path) || (longPath && records.size > 0)) records.set('path', path);
  return records.size > 0 ? records : undefined;
}

function xattrKeyword(name: string): string {
  if (name !== '' && !name.includes('=') && !name.includes('\0')) return XATTR_PREFIX + name;
  throw new TsbuildError('INVALID', `an extended attribute that tar cannot name: ${JSON.stringify(name)}`);
}

function newBlock(typeFlag: string): Buffer {
  const block = Buffer.alloc(BLOCK_SIZE);
  block.write(typeFlag, FIELD.typeFlag.offset, 'latin1');
  block.write(USTAR_MAGIC, FIELD.magic.offset, 'latin1');
  return block;
}

function ustarBlock(entry: TarEntry, path: string, prefix: string): Buffer {
  const block = newBlock(TYPE_FLAGS[entry.type]);
  writeName(block, FIELD.path, path);
  writeName(block, FIELD.linkPath, entry.linkPath ?? '');
  writeName(block, FIELD.prefix, prefix);
  writeOctal(block, FIELD.mode, entry.mode);
  writeOctal(block, FIELD.uid, entry.uid);
  writeOctal(block, FIELD.gid, entry.gid);
  writeOctal(block, FIELD.size, entry.size);
  writeOctal(block, FIELD.mtime, Math.floor(roundTime(entry.mtime)));
  writeOctal(block, FIELD.devMajor, entry.devMajor ?? 0);
  writeOctal(block, FIELD.devMinor, entry.devMinor ?? 0);
  return seal(block);
}

/** The block before the records; its name serves only readers that do not know PAX. */
function extendedBlock(path: string, size: number): Buffer {
  const slash = path.lastIndexOf('/');
  const directory = path.slice(0, slash + 1);
  const name = cleanPath(`${directory}PaxHeaders.0/${path.slice(slash + 1)}`);
  const block = newBlock('x');
  writeName(block, FIELD.path, asciiOf(name).slice(0, FIELD.path.length).replace(/\/+$/, ''));
  for (const field of [FIELD.mode, FIELD.uid, FIELD.gid, FIELD.mtime]) writeOctal(block, field, 0);
  writeOctal(block, FIELD.size, size);
  return seal(block);
}

/** Go's path.Clean, as far as names in a tar need it. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '..' || !path.startsWith('/')) parts.push(part);
  }
  return (path.startsWith('/') ? '/' : '') + parts.join('/');
}

function asciiOf(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is not ASCII is meant
  return isAscii(text) ? text : text.replace(/[^\x01-\x7f]/g, '');
}

/** Cut where it does not fit: the whole name is in a record. A cut never ends in a slash, which would say directory. */
function writeName(block: Buffer, field: Field, name: string): void {
  const text = asciiOf(name);
  const cut = text.slice(0, field.length);
  block.write(text.length > field.length && cut.endsWith('/') ? cut.replace(/\/+$/, '') : cut, field.offset, 'latin1');
}

/** Zero where it does not fit: the whole number is in a record. */
function writeOctal(block: Buffer, field: Field, value: number): void {
  const digits = (fitsOctal(value, field) ? value : 0).toString(8);
  block.write(digits.padStart(field.length - 1, '0'), field.offset, 'latin1');
}

function seal(block: Buffer): Buffer {
  const digits = checksumOf(block).toString(8).padStart(6, '0');
  block.write(`${digits}\0 `, FIELD.checksum.offset, 'latin1');
  return block;
}
