import { readFileSync } from 'node:fs';
import { isAbsolute, normalize } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { isErrno, TsbuildError } from '../base/error.ts';
import type { SourceFile, SourceRange } from '../base/source.ts';
import type { BuildSettings, Change, Plan, Scenario } from './types.ts';

/** In bytes: nobody writes so much by hand. */
const MAX_SIZE = 1024 * 1024;
const MAX_RUNS = 1000;

/** Reads the scenarios that a user has written. What is wrong with them is said with its place. */
export function readScenarios(path: string): Plan {
  const text = readText(path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const reader = new Reader({ name: path, text }, lines);
  const [problem] = document.errors;
  if (problem !== undefined) throw reader.error(problem.message, problem.pos);
  return reader.plan(document.contents);
}

function readText(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length <= MAX_SIZE) return text;
    throw new TsbuildError('INVALID', `${path} has more than ${MAX_SIZE} bytes`);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EISDIR', 'EACCES')) throw error;
    throw new TsbuildError('NOT_FOUND', `the scenario file ${path} cannot be read`, { cause: error });
  }
}

const CHANGES = ['touch', 'append', 'write', 'remove', 'args', 'base'] as const;
const STORES = ['cold', 'warm', 'remote'] as const;

class Reader {
  readonly #source: SourceFile;
  readonly #lines: LineCounter;

  constructor(source: SourceFile, lines: LineCounter) {
    this.#source = source;
    this.#lines = lines;
  }

  error(message: string, [start = 0, end = start]: readonly number[] = [], hint?: string): TsbuildError {
    const location: SourceRange = { start: this.#position(start), end: this.#position(end) };
    return new TsbuildError('INVALID', message, { location, source: this.#source, hint });
  }

  plan(root: unknown): Plan {
    const fields = this.#fields(root, 'a map with build and scenarios', ['build', 'scenarios']);
    const list = fields.get('scenarios');
    if (!isSeq(list)) throw this.#wrong(list ?? root, 'scenarios is not a list');
    if (list.items.length === 0) throw this.#wrong(list, 'scenarios has none');
    return {
      build: this.#build(fields.get('build')),
      scenarios: list.items.map((item) => this.#scenario(item)),
      skipped: [],
    };
  }

  #build(node: unknown): BuildSettings {
    if (node === undefined) return { args: {} };
    const fields = this.#fields(node, 'build is not a map', ['file', 'target', 'args']);
    return {
      file: fields.has('file') ? this.#path(fields.get('file')) : undefined,
      target: fields.has('target') ? this.#text(fields.get('target')) : undefined,
      args: fields.has('args') ? this.#args(fields.get('args')) : {},
    };
  }

  #scenario(node: unknown): Scenario {
    const fields = this.#fields(node, 'a scenario is a map', ['name', 'store', 'runs', ...CHANGES]);
    const name = fields.get('name');
    if (name === undefined) throw this.#wrong(node, 'the scenario has no name');
    const named = CHANGES.filter((change) => fields.has(change));
    if (named.length > 1)
      throw this.#wrong(fields.get(named[1] as string), `a scenario makes one change: ${named.join(', ')}`);
    const store = fields.has('store') ? this.#text(fields.get('store')) : 'warm';
    if (!isOneOf(store, STORES)) {
      throw this.#wrong(fields.get('store'), `store is one of ${STORES.join(', ')}, not ${store}`);
    }
    const change = this.#change(named[0], fields);
    const runs = fields.has('runs') ? this.#runs(fields.get('runs')) : undefined;
    return { name: this.#text(name), detail: detailOf(change), store, change, runs };
  }

  #change(name: (typeof CHANGES)[number] | undefined, fields: ReadonlyMap<string, unknown>): Change {
    const node = name === undefined ? undefined : fields.get(name);
    switch (name) {
      case undefined:
        return { kind: 'none' };
      case 'touch':
        if (isScalar(node) && node.value === true) return { kind: 'touch' };
        throw this.#wrong(node, 'touch is true: every file gets another time');
      case 'remove':
        return { kind: 'remove', file: this.#path(node) };
      case 'base':
        return { kind: 'base', image: this.#text(node) };
      case 'args':
        return { kind: 'args', args: this.#args(node) };
      default: {
        const inner = this.#fields(node, `${name} is a map with file and text`, ['file', 'text']);
        const missing = ['file', 'text'].find((field) => !inner.has(field));
        if (missing !== undefined) throw this.#wrong(node, `${name} has no ${missing}`);
        return { kind: name, file: this.#path(inner.get('file')), text: this.#text(inner.get('text')) };
      }
    }
  }

  #fields(node: unknown, expected: string, known: readonly string[]): Map<string, unknown> {
    if (!isMap(node)) throw this.#wrong(node, expected);
    const fields = new Map<string, unknown>();
    for (const { key, value } of (node as YAMLMap).items as Pair[]) {
      const name = isScalar(key) ? String(key.value) : '';
      if (!known.includes(name)) throw this.#wrong(key, `unknown field ${name}`, `the fields are ${known.join(', ')}`);
      fields.set(name, value);
    }
    return fields;
  }

  #args(node: unknown): Record<string, string> {
    if (!isMap(node)) throw this.#wrong(node, 'args is a map of names and values');
    return Object.fromEntries((node.items as Pair[]).map(({ key, value }) => [this.#text(key), this.#text(value)]));
  }

  #text(node: unknown): string {
    if (isScalar(node) && ['string', 'number', 'boolean'].includes(typeof node.value)) return String(node.value);
    throw this.#wrong(node, 'not a text');
  }

  #path(node: unknown): string {
    const path = normalize(this.#text(node));
    if (!isAbsolute(path) && path !== '..' && !path.startsWith('../')) return path;
    throw this.#wrong(node, `${path} is outside of the project: paths are relative to it`);
  }

  #runs(node: unknown): number {
    const runs = isScalar(node) ? Number(node.value) : Number.NaN;
    if (Number.isInteger(runs) && runs >= 1 && runs <= MAX_RUNS) return runs;
    throw this.#wrong(node, `runs is a whole number from 1 to ${MAX_RUNS}`);
  }

  #wrong(node: unknown, message: string, hint?: string): TsbuildError {
    return this.error(message, (node as Node | undefined)?.range?.slice(0, 2) ?? [], hint);
  }

  #position(offset: number): SourceRange['start'] {
    const { line, col } = this.#lines.linePos(Math.min(offset, this.#source.text.length));
    return { line, column: col, offset };
  }
}

function isOneOf<T extends string>(text: string, list: readonly T[]): text is T {
  return (list as readonly string[]).includes(text);
}

function detailOf(change: Change): string {
  switch (change.kind) {
    case 'none':
      return 'nothing has changed';
    case 'touch':
      return 'every file has another time and the same content';
    case 'args':
      return Object.entries(change.args)
        .map(([name, value]) => `--build-arg ${name}=${value}`)
        .join(' ');
    case 'base':
      return `${change.image} has a layer more`;
    case 'remove':
      return `${change.file} is removed`;
    default:
      return `${change.file} is ${change.kind === 'write' ? 'written' : 'edited'}`;
  }
}
