import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildFile, Instruction } from '../../grammar/ast.ts';
import { expand } from '../../grammar/expand/expand.ts';
import { parse } from '../../grammar/parse.ts';
import { fromBytePath, toBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { type BuildInput, readInput } from '../build/input.ts';
import { ContextTree } from '../context/context-tree.ts';
import { selectSources } from '../context/select.ts';
import { walkTree } from '../snapshot/tree.ts';

/** A COPY or ADD of files of the context. */
export interface Copy {
  text: string;
  /** Paths relative to the context, in order. */
  files: readonly string[];
}

/** What a project's build file says of it, as far as scenarios can be made of that. */
export interface Project {
  directory: string;
  /** In the order of the file. */
  copies: readonly Copy[];
  /** With a default, declared in a stage. */
  args: readonly { name: string; value: string }[];
  /** ARGs that FROM lines use. */
  fromArgs: readonly string[];
  /** The image that the last stage stands on; undefined where that is nothing. */
  base: string | undefined;
}

/** As many files as are looked at for one COPY. */
const MAX_FILES = 20_000;

/** Reads a build file and finds which COPY takes which files. Errors of the build file are those of a build. */
export async function readProject(directory: string, file: string | undefined): Promise<Project> {
  const input = readInput({ context: directory, file: file === undefined ? undefined : join(directory, file) });
  const { file: parsed, errors } = parse(input.source);
  const [error] = errors;
  if (error !== undefined) throw error;
  const globals = globalArgs(parsed);
  return {
    directory,
    copies: await copiesIn(parsed, input),
    args: stageArgs(parsed, globals),
    fromArgs: fromArgsOf(parsed),
    base: baseOf(parsed, globals),
  };
}

function beforeFrom({ instructions }: BuildFile): Instruction[] {
  const first = instructions.findIndex(({ kind }) => kind === 'FROM');
  return instructions.slice(0, first < 0 ? instructions.length : first);
}

function globalArgs(file: BuildFile): Map<string, string> {
  const values = new Map<string, string>();
  for (const instruction of beforeFrom(file)) {
    if (instruction.kind !== 'ARG') continue;
    for (const { name, value } of instruction.args) {
      if (value !== undefined) values.set(name.text, expand(value.text, (wanted) => values.get(wanted)).value);
    }
  }
  return values;
}

function stageArgs(file: BuildFile, globals: ReadonlyMap<string, string>): Project['args'] {
  const inStages = file.instructions.slice(beforeFrom(file).length);
  return inStages.flatMap((instruction) => {
    if (instruction.kind !== 'ARG') return [];
    return instruction.args.flatMap(({ name, value }) => {
      const given = value?.text ?? globals.get(name.text);
      return given === undefined || given.includes('$') ? [] : [{ name: name.text, value: given }];
    });
  });
}

function fromArgsOf(file: BuildFile): string[] {
  const images = file.instructions.flatMap((instruction) =>
    instruction.kind === 'FROM' ? [instruction.image.text] : [],
  );
  return [...new Set(images.flatMap((text) => [...text.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name)))];
}

/** The image below the last stage, through the stages that it is built on. */
function baseOf(file: BuildFile, globals: ReadonlyMap<string, string>): string | undefined {
  const stages = new Map<string, string>();
  let last: string | undefined;
  for (const instruction of file.instructions) {
    if (instruction.kind !== 'FROM') continue;
    const image = expand(instruction.image.text, (name) => globals.get(name)).value;
    last = stages.get(image.toLowerCase()) ?? image;
    if (instruction.name !== undefined) stages.set(instruction.name.text.toLowerCase(), last);
  }
  return last === 'scratch' ? undefined : last;
}

async function copiesIn(file: BuildFile, input: BuildInput): Promise<Copy[]> {
  const tree = new ContextTree(input.directory, input.rules);
  const copies: Copy[] = [];
  for (const instruction of file.instructions) {
    if (instruction.kind !== 'COPY' && instruction.kind !== 'ADD') continue;
    if (instruction.kind === 'COPY' && instruction.from !== undefined) continue;
    const patterns = instruction.sources.flatMap((source) => (source.kind === 'path' ? [source.word.text] : []));
    const files = new Set<string>();
    for (const pattern of patterns.filter(isLocal)) for (const found of await filesOf(tree, pattern)) files.add(found);
    if (files.size > 0) copies.push({ text: instruction.text, files: [...files].sort() });
  }
  return copies;
}

/** Neither a URL nor a repository, and without variables, whose values would be a guess. */
function isLocal(pattern: string): boolean {
  return !/[$]|^[a-z]+:\/\/|^git@/.test(pattern);
}

async function filesOf(tree: ContextTree, pattern: string): Promise<string[]> {
  const files: string[] = [];
  for (const { path, entry } of await selected(tree, pattern)) {
    if (entry.type === 'file') files.push(fromBytePath(path));
    if (entry.type !== 'directory') continue;
    walkTree(tree, path, (below, { type }) => {
      if (type === 'file' && files.length < MAX_FILES) files.push(fromBytePath(below));
    });
  }
  return files;
}

/** What is not there is the build's to complain of. */
async function selected(tree: ContextTree, pattern: string) {
  try {
    return await selectSources(tree, toBytePath(pattern), { treeName: 'the build context' });
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
}

/** What is looked at to tell a text from other files. */
const PROBE = 4096;

export function isText(path: string): boolean {
  const fd = openSync(path, 'r');
  try {
    const probe = Buffer.alloc(PROBE);
    return !probe.subarray(0, readSync(fd, probe, 0, PROBE, 0)).includes(0);
  } finally {
    closeSync(fd);
  }
}
