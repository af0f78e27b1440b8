import { once } from 'node:events';
import { type NoTree, parseTree, sexpr, type Tree } from '../../grammar/tree/index.ts';
import { isErrno, TsbuildError, toTsbuildError } from '../base/error.ts';
import { readText } from '../build/read-text.ts';
import { reportError } from './report-error.ts';

interface ParseArguments {
  file?: string | undefined;
  more?: string[] | undefined;
  format: 'json' | 'sexpr';
}

/** Prints the syntax tree of every file. A file at a time, so that memory does not grow with their number. */
export async function parseAction({ file = 'Dockerfile', more = [], format }: ParseArguments): Promise<number> {
  if (file === '-') {
    if (more.length > 0) throw new TsbuildError('USAGE', 'give names of files, or - to read them, and not both');
    for await (const name of linesOf(process.stdin)) await print(parseFile(name), name, format);
    return 0;
  }
  let code = 0;
  for (const name of [file, ...more]) {
    const tree = parseFile(name);
    await print(tree, name, format);
    if (!tree.ok) code = 1;
  }
  return code;
}

function parseFile(path: string): Tree | NoTree {
  try {
    const text = readText(path, { what: 'build file', pipes: false });
    return text === undefined ? { ok: false, error: `build file ${path} does not exist` } : parseTree(text);
  } catch (error) {
    const { code, message } = toTsbuildError(error);
    if (code === 'INTERNAL' && !isErrno(error)) throw error;
    return { ok: false, error: message };
  }
}

/** The lines of a stream. */
async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield line;
  }
  if (rest !== '') yield rest;
}

async function print(tree: Tree | NoTree, name: string, format: ParseArguments['format']): Promise<void> {
  if (format === 'json') await write(`${JSON.stringify(tree)}\n`);
  else if (tree.ok) await write(sexpr(tree.nodes));
  else reportError(new TsbuildError('SYNTAX', `${name}: ${tree.error}`));
}

/** Waits for a reader that is slower than we are. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text) && process.stdout.writable) await once(process.stdout, 'drain');
}
