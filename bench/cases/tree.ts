import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILES_PER_DIRECTORY = 20;

/** The mean size of a file in a node_modules directory: 20,000 files are 84 MB. */
const MEAN_SIZE = 4200;

/** The files that a tree of `count` files has, as paths relative to it: packages of directories of files. */
export function treePaths(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const directory = Math.floor(index / FILES_PER_DIRECTORY);
    return `package-${Math.floor(directory / 10)}/lib-${directory % 10}/module-${index}.js`;
  });
}

/** Writes a tree of text files, the same on every machine, with sizes from almost nothing to three times the mean. */
export function writeTree(root: string, count: number, meanSize = MEAN_SIZE): void {
  const made = new Set<string>();
  treePaths(count).forEach((path, index) => {
    const target = join(root, path);
    const directory = join(target, '..');
    if (!made.has(directory)) mkdirSync(directory, { recursive: true });
    made.add(directory);
    writeFileSync(target, textOf(index, meanSize));
  });
}

/** Text that compresses about as well as source code does: half of each line is the same everywhere. */
function textOf(index: number, meanSize: number): string {
  const seed = createHash('sha256').update(String(index)).digest();
  const size = Math.round((seed.readUInt16LE(0) / 65536) ** 2 * 3 * meanSize);
  let text = '';
  for (let line = 0; text.length < size; line++) {
    const word = createHash('md5').update(`${index}:${line}`).digest('hex');
    text += `export const value_${line} = require('./module')('${word}');\n`;
  }
  return text;
}
