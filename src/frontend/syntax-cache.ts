import type { BuildFile } from '../../grammar/index.ts';
import { type Digest, digestOf } from '../base/digest.ts';
import type { SourceFile } from '../base/source.ts';

/** Small JSON values of this machine by key. What cannot be read is as good as absent. */
export interface SyntaxRecords {
  get(key: Digest): unknown;
  put(key: Digest, value: unknown): void;
}

/** A larger tree takes longer to read back than it saves. */
const MAX_TEXT = 256 * 1024;

/** Stands for the source file, which every mount of a RUN points to. */
const SOURCE_MARK = '\0source';

/**
 * The syntax tree of a build file, from an earlier build of the same text where there was one: the parser is then
 * neither loaded nor run. A text with errors is never kept. All syntax errors of a file are thrown at once.
 */
export async function readSyntax(source: SourceFile, records: SyntaxRecords): Promise<BuildFile> {
  const key = keyOf(source);
  const known = key && records.get(key);
  if (typeof known === 'string') return revive(known, source);
  const { parseBuildFile } = await import('./parse.ts');
  const file = parseBuildFile(source);
  if (key !== undefined) records.put(key, freeze(file));
  return file;
}

/** The same for the targets of one build, of which many may have one build file: each text is read once. */
export function sharedSyntax(records: SyntaxRecords): (source: SourceFile) => Promise<BuildFile> {
  const trees = new Map<string, Promise<BuildFile>>();
  return (source) => {
    const key = `${source.name}\0${source.text}`;
    const tree = trees.get(key) ?? readSyntax(source, records);
    trees.set(key, tree);
    return tree;
  };
}

/**
 * A tree is of use to the program that made it alone. The executable knows a digest of its own text; run from the
 * sources there is none, and no cache.
 */
function keyOf({ text }: SourceFile): Digest | undefined {
  const program = process.env.TSBUILD_BUNDLED;
  if (program === undefined || text.length > MAX_TEXT) return undefined;
  return digestOf(JSON.stringify([program, text]));
}

function freeze(file: BuildFile): string {
  return JSON.stringify(file, (name, value) => (name === 'source' && value === file.source ? SOURCE_MARK : value));
}

function revive(text: string, source: SourceFile): BuildFile {
  const file = JSON.parse(text);
  putBack(file, source);
  return file;
}

/** A walk of our own takes a third of the time of a reviver of JSON.parse, which is called for every number, too. */
function putBack(node: Record<string, unknown>, source: SourceFile): void {
  for (const name in node) {
    const value = node[name];
    if (value === SOURCE_MARK) node[name] = source;
    else if (typeof value === 'object' && value !== null) putBack(value as Record<string, unknown>, source);
  }
}
