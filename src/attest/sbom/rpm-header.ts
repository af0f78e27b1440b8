import { TsbuildError } from '../../base/error.ts';

/** The tags of a header that an inventory needs (rpm's rpmtag.h). */
const TAGS = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  vendor: 1011,
  license: 1014,
  arch: 1022,
} as const;
const INT32 = 4;
const TEXT_TYPES = [6, 8, 9];
const ENTRY = 16;

export type RpmHeader = Partial<Record<keyof typeof TAGS, string>>;

/** A header as the database has it: a number of entries, each with a tag, and the data that they point to. */
export function rpmHeader(blob: Buffer): RpmHeader {
  if (blob.length < 8) throw damaged();
  const [entries, size] = [blob.readUInt32BE(0), blob.readUInt32BE(4)];
  const start = 8 + entries * ENTRY;
  if (start + size > blob.length) throw damaged();
  const data = blob.subarray(start, start + size);
  const names = new Map(Object.entries(TAGS).map(([name, tag]) => [tag as number, name as keyof typeof TAGS]));
  const header: RpmHeader = {};
  for (let at = 8; at < start; at += ENTRY) {
    const name = names.get(blob.readUInt32BE(at));
    if (name !== undefined) header[name] = valueAt(data, blob.readUInt32BE(at + 8), blob.readUInt32BE(at + 4));
  }
  return header;
}

function valueAt(data: Buffer, offset: number, type: number): string | undefined {
  if (type === INT32 && offset + 4 <= data.length) return String(data.readUInt32BE(offset));
  if (!TEXT_TYPES.includes(type)) return undefined;
  const end = data.indexOf(0, offset);
  if (offset >= data.length || end < 0) throw damaged();
  return data.toString('utf8', offset, end);
}

function damaged(): TsbuildError {
  return new TsbuildError('INVALID', 'a header of a package is damaged');
}
