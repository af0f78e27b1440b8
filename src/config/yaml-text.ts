import { readFileSync, statSync } from 'node:fs';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { isErrno, TsbuildError } from '../base/error.ts';
import type { SourceFile, SourceRange } from '../base/source.ts';

/** In bytes: nobody writes so much by hand, and aliases in YAML can make much of little. */
const MAX_SIZE = 1024 * 1024;
const MAX_ALIASES = 100;

export interface Entry {
  name: string;
  /** Where the name is written. */
  key: unknown;
  value: unknown;
}

/** A file of settings with the places of what it says. */
export class YamlText {
  readonly source: SourceFile;
  readonly #lines = new LineCounter();
  readonly #document: Document;

  /** INVALID where the text is not YAML. */
  private constructor(source: SourceFile) {
    this.source = source;
    this.#document = parseDocument(source.text, { lineCounter: this.#lines, prettyErrors: false });
    const [problem] = this.#document.errors;
    if (problem !== undefined) throw this.#error(`this is not YAML: ${problem.message}`, problem.pos);
  }

  /** Undefined where there is no file. */
  static read(path: string): YamlText | undefined {
    const text = readIfThere(path);
    return text === undefined ? undefined : new YamlText({ name: path, text });
  }

  /** The sections, none in an empty file. */
  sections(): Entry[] {
    const { contents } = this.#document;
    return contents === null ? [] : this.entries(contents, 'the file is not a map of sections');
  }

  /** All of it as plain values. */
  values(): unknown {
    return this.#document.toJS({ maxAliasCount: MAX_ALIASES });
  }

  /** What a map holds; `problem` is said of what is none. An empty value is an empty map. */
  entries(written: unknown, problem: string): Entry[] {
    const node = this.#resolved(written);
    if (node === null || (isScalar(node) && node.value === null)) return [];
    if (!isMap(node)) throw this.wrong(written, problem);
    return (node.items as Pair[]).map(({ key, value }) => ({
      name: isScalar(key) ? String(key.value) : '',
      key,
      value,
    }));
  }

  /** The elements of a list; undefined for what is none. */
  elements(written: unknown): readonly unknown[] | undefined {
    const node = this.#resolved(written);
    return isSeq(node) ? node.items : undefined;
  }

  isMap(written: unknown): boolean {
    return isMap(this.#resolved(written));
  }

  /** A text as it is written, also where YAML takes it for a number: `1.10` stays that. */
  text(written: unknown): string | undefined {
    const node = this.#resolved(written);
    if (!isScalar(node) || node.value === null) return undefined;
    return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
  }

  flag(written: unknown): boolean | undefined {
    const node = this.#resolved(written);
    return isScalar(node) && typeof node.value === 'boolean' ? node.value : undefined;
  }

  wrong(written: unknown, message: string, hint?: string): TsbuildError {
    return this.#error(message, rangeOf(written), hint);
  }

  location(written: unknown): SourceRange {
    return this.#location(rangeOf(written));
  }

  #resolved(written: unknown): unknown {
    return isAlias(written) ? (written.resolve(this.#document) ?? null) : written;
  }

  #error(message: string, range: readonly number[], hint?: string): TsbuildError {
    return new TsbuildError('INVALID', message, { location: this.#location(range), source: this.source, hint });
  }

  #location([start = 0, end = start]: readonly number[]): SourceRange {
    return { start: this.#position(start), end: this.#position(end) };
  }

  #position(offset: number): SourceRange['start'] {
    const { line, col } = this.#lines.linePos(Math.min(offset, this.source.text.length));
    return { line, column: col, offset };
  }
}

/** Without the line ends that follow a value. */
function rangeOf(written: unknown): readonly number[] {
  return (written as Node | null | undefined)?.range?.slice(0, 2) ?? [];
}

function readIfThere(path: string): string | undefined {
  try {
    if (statSync(path).size <= MAX_SIZE) return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    if (!isErrno(error, 'EACCES', 'EISDIR')) throw error;
    throw new TsbuildError('PERMISSION', `cannot read ${path}: ${error.message}`, { cause: error });
  }
  throw new TsbuildError('INVALID', `${path} has more than ${MAX_SIZE} bytes`);
}
