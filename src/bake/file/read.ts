import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TsbuildError } from '../../base/error.ts';
import type { Files } from '../../base/files.ts';
import type { SourceFile } from '../../base/source.ts';
import { readText } from '../../build/read-text.ts';

/** In the order in which they are read, each laid over those before it. */
const FILE_NAMES = [
  'compose.yaml',
  'compose.yml',
  'docker-compose.yml',
  'docker-compose.yaml',
  'docker-bake.json',
  'docker-bake.hcl',
  'docker-bake.override.json',
  'docker-bake.override.hcl',
];

/** Reads the files that are named (`-` is standard input), or those of the directory that have one of the usual names. */
export function readBakeFiles(names: readonly string[], directory: string, past?: Files): SourceFile[] {
  const found = names.length > 0 ? names.map((name) => readNamed(name, directory, past)) : readUsual(directory, past);
  if (found.length > 0) return found;
  throw new TsbuildError('NOT_FOUND', `no bake file in ${directory}`, {
    hint: 'make a file named docker-bake.hcl, or name another one with -f FILE',
  });
}

/** Whether a directory has bake files that are found without being named. */
export function hasBakeFiles(directory: string, past?: Files): boolean {
  return readUsual(directory, past).length > 0;
}

function readNamed(name: string, directory: string, past: Files | undefined): SourceFile {
  if (name === '-') return { name: 'stdin', text: readFileSync(0, 'utf8') };
  const path = name.replace(/^cwd:\/\//, '');
  const text = readText(resolve(directory, path), { what: 'bake file', pipes: true, files: past });
  if (text !== undefined) return { name: path, text };
  throw new TsbuildError('NOT_FOUND', `bake file ${path} does not exist`, {
    hint: '-f names a file relative to the working directory',
  });
}

function readUsual(directory: string, past: Files | undefined): SourceFile[] {
  return FILE_NAMES.flatMap((name) => {
    const text = readText(resolve(directory, name), {
      what: 'bake file',
      within: directory,
      pipes: false,
      files: past,
    });
    return text === undefined ? [] : [{ name, text }];
  });
}
