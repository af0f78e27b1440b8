import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BASE } from '../peers/peer.ts';
import type { Case } from './case.ts';
import { treePaths, writeTree } from './tree.ts';

const COUNT = 20_000;

function prepare(context: string): void {
  writeFileSync(join(context, 'Dockerfile'), `FROM ${BASE}\nCOPY . /source/\nRUN ls /source > /listing\n`);
  writeTree(context, COUNT);
}

const size = COUNT.toLocaleString('en-US');

/** What it costs to find out that none of many files has changed. */
export const noopFiles: Case = { name: 'noop-files', title: `no-op, context of ${size} files`, prepare };

/** The everyday build: one file of many was edited. */
export const editFiles: Case = {
  name: 'edit-files',
  title: `one file edited of ${size}, COPY . .`,
  prepare,
  edit(context, run) {
    const path = treePaths(COUNT)[COUNT / 2] ?? '';
    writeFileSync(join(context, path), `export const edited = ${run};\n`);
  },
};

/** The first build on a new machine. */
export const coldFiles: Case = {
  name: 'cold-files',
  title: `cold, COPY . . of ${size} files`,
  cold: true,
  prepare,
};
