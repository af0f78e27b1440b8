import { TsbuildError } from '../../base/error.ts';

const PAGE = 4096;
const SLOT = 16;
const BLOCK = 16;
/** The header takes the place of two slots. */
const HEADER_SLOTS = 2;

/** The blobs of rpm's own database, `Packages.db`: a table of slots, and what they point to. INVALID where it is none. */
export function ndbBlobs(data: Buffer): Buffer[] {
  if (data.length < SLOT * HEADER_SLOTS || data.toString('latin1', 0, 4) !== 'RpmP') throw damaged();
  const slots = data.readUInt32LE(12) * (PAGE / SLOT);
  const blobs: Buffer[] = [];
  for (let index = HEADER_SLOTS; index < slots; index++) {
    const at = index * SLOT;
    if (at + SLOT > data.length || data.toString('latin1', at, at + 4) !== 'Slot') throw damaged();
    const [number, block] = [data.readUInt32LE(at + 4), data.readUInt32LE(at + 8)];
    if (number !== 0) blobs.push(blobAt(data, block * BLOCK, number));
  }
  return blobs;
}

function blobAt(data: Buffer, at: number, number: number): Buffer {
  if (at + 16 > data.length || data.toString('latin1', at, at + 4) !== 'BlbS') throw damaged();
  const length = data.readUInt32LE(at + 12);
  if (data.readUInt32LE(at + 4) !== number || at + 16 + length > data.length) throw damaged();
  return data.subarray(at + 16, at + 16 + length);
}

function damaged(): TsbuildError {
  return new TsbuildError('INVALID', 'it is not a database of rpm, or damaged');
}
