import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TsbuildError } from '../../base/error.ts';
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
export function readBakeFiles(names: readonly string[], directory: string): SourceFile[] {
  const files = names.length > 0 ? names.map((name) => readNamed(name, directory)) : readUsual(directory);
  if (files.length > 0) return files;
  throw new TsbuildError('NOT_FOUND', `no bake file in ${directory}`, {
    hint: 'make a file named docker-bake.hcl, or name another one with -f FILE',
  });
}

function readNamed(name: string, directory: string): SourceFile {
  if (name === '-') return { name: 'stdin', text: readFileSync(0, 'utf8') };
  const path = name.replace(/^cwd:\/\//, '');
  const text = readText(resolve(directory, path), { what: 'bake file', pipes: true });
  if (text !== undefined) return { name: path, text };
  throw new TsbuildError('NOT_FOUND', `bake file ${path} does not exist`, {
    hint: '-f names a file relative to the working directory',
  });
}

function readUsual(directory: string): SourceFile[] {
  return FILE_NAMES.flatMap((name) => {
    const text = readText(resolve(directory, name), { what: 'bake file', within: directory, pipes: false });
    return text === undefined ? [] : [{ name, text }];
  });
}
