import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BASE } from '../peers/peer.ts';
import type { Case } from './case.ts';
import { treePaths, writeTree } from './tree.ts';

/** What `COPY . .` of so many files costs: nothing changed, one file edited, and for the first time. */
export function filesCases(count: number, suffix: string, targets: Record<'noop' | 'edit' | 'cold', number>): Case[] {
  const size = count.toLocaleString('en-US');
  const common = {
    slow: count > 50_000,
    context: `files-${count}`,
    prepare: (context: string) => prepareFiles(context, count),
  };
  return [
    { ...common, name: `cold-${suffix}`, title: `cold, COPY . . of ${size} files`, target: targets.cold, cold: true },
    { ...common, name: `noop-${suffix}`, title: `no-op, context of ${size} files`, target: targets.noop },
    {
      ...common,
      name: `edit-${suffix}`,
      title: `one file edited of ${size}, COPY . .`,
      target: targets.edit,
      edit: (context, run) => editFile(context, count, run),
    },
  ];
}

export function prepareFiles(context: string, count: number, meanSize?: number): void {
  writeFileSync(join(context, 'Dockerfile'), `FROM ${BASE}\nCOPY . /source/\nRUN ls /source > /listing\n`);
  writeTree(context, count, meanSize);
}

/** Gives the same file another text each time. */
export function editFile(context: string, count: number, run: number): void {
  const path = treePaths(count)[count / 2] ?? '';
  writeFileSync(join(context, path), `export const edited = ${run};\n`);
}
