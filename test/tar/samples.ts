import type { TarEntry } from '../../src/tar/entry.ts';
import { type TarLimits, TarParser } from '../../src/tar/parser.ts';
import { TarWriter } from '../../src/tar/writer.ts';

export interface Sample {
  entry: TarEntry;
  content: Buffer;
}

/** A sample with ordinary values where none are given; its size is that of the content. */
export function sample(fields: Partial<TarEntry> = {}, content: Buffer | string = ''): Sample {
  const bytes = Buffer.from(content);
  const entry: TarEntry = {
    path: 'file',
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: bytes.length,
    mtime: 1_700_000_000,
    linkPath: undefined,
    devMajor: undefined,
    devMinor: undefined,
    xattrs: undefined,
    ...fields,
  };
  return { entry, content: bytes };
}

export function writeSamples(samples: readonly Sample[]): Buffer {
  const chunks: Buffer[] = [];
  const writer = new TarWriter((chunk) => chunks.push(chunk));
  for (const { entry, content } of samples) {
    writer.header(entry);
    writer.data(content);
  }
  writer.end();
  return Buffer.concat(chunks);
}

/** Parses an archive that arrives in pieces of `step` bytes. */
export function parseSamples(archive: Buffer, step = archive.length, limits: TarLimits = {}): Sample[] {
  const samples: Sample[] = [];
  let pieces: Buffer[] = [];
  const parser = new TarParser(
    {
      entry: (entry) => samples.push({ entry, content: Buffer.alloc(0) }),
      data: (chunk) => pieces.push(Buffer.from(chunk)),
      end: () => {
        (samples.at(-1) as Sample).content = Buffer.concat(pieces);
        pieces = [];
      },
    },
    limits,
  );
  for (let offset = 0; offset < archive.length; offset += step) parser.write(archive.subarray(offset, offset + step));
  parser.end();
  return samples;
}

/** A source that gives the bytes in pieces. */
export async function* inPieces(data: Buffer, step = 1000): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < data.length; offset += step) yield data.subarray(offset, offset + step);
}

export async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Makes the checksum of the header block at `start` right again after a change. */
export function reseal(archive: Buffer, start = 0): Buffer {
  archive.write('        ', start + 148, 'latin1');
  let sum = 0;
  for (let i = start; i < start + 512; i++) sum += archive[i] as number;
  archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, start + 148, 'latin1');
  return archive;
}
