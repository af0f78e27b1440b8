import { createHash } from 'node:crypto';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BASE } from '../peers/peer.ts';
import type { Case } from './case.ts';

const MIB = 1024 * 1024;
const FILES = 4;
const SIZE = 256 * MIB;

function prepare(context: string): void {
  writeFileSync(join(context, 'Dockerfile'), `FROM ${BASE}\nCOPY . /data/\n`);
  for (let file = 0; file < FILES; file++) writeLargeFile(join(context, `large-${file}`), SIZE, String(file));
}

const title = `COPY . . of ${FILES} × ${SIZE / MIB} MiB`;

const common = { context: 'large', slow: true, prepare };

/** What bytes cost, where there are few files. */
export const LARGE: readonly Case[] = [
  { ...common, name: 'cold-large', title: `cold, ${title}`, target: 0.5, cold: true },
  {
    ...common,
    name: 'edit-large',
    title: `${title}, one of them edited`,
    target: 0.5,
    edit: (context, run) => writeLargeFile(join(context, 'large-0'), SIZE, `edited ${run}`),
  },
  {
    ...common,
    name: 'archive',
    title: `cold, ${title}, to an OCI archive in gzip`,
    target: 0.35,
    cold: true,
    archive: true,
  },
];

/** A file that gzip makes about half as large, of other bytes for each seed. `size` in bytes, a multiple of a MiB. */
export function writeLargeFile(path: string, size: number, seed: string): void {
  const block = Buffer.alloc(MIB);
  for (let at = 0; at < MIB; at += 64) {
    block.write(createHash('sha256').update(`${seed} ${at}`).digest('hex'), at, 'latin1');
  }
  const fd = openSync(path, 'w');
  try {
    for (let written = 0; written < size; written += MIB) {
      // Each block differs from the one before in every line, further back than gzip remembers.
      for (let at = 0; at < MIB; at += 4096) block.writeUInt32LE((written + at) >>> 0, at);
      writeSync(fd, block);
    }
  } finally {
    closeSync(fd);
  }
}
