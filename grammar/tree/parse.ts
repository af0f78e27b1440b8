import { TsbuildError } from '../../src/base/error.ts';
import type { EscapeCharacter } from '../ast.ts';
import { readDirectives } from '../directive.ts';
import { readHeredocs } from '../heredoc.ts';
import { LineCursor, type LogicalLine, readLogicalLine } from '../line.ts';
import { LineIndex } from '../position.ts';
import { InstructionCheck } from './check.ts';
import { lineNode } from './node.ts';
import type { NoTree, Tree, TreeNode } from './tree.ts';

/**
 * Parses a build file to its syntax tree, as BuildKit's `parser.Parse` and then `instructions.Parse` take it: what
 * the first refuses has no tree, what the second refuses has one with `instrOk: false`. Never throws.
 */
export function parseTree(text: string): Tree | NoTree {
  const index = new LineIndex(text);
  const { directives, end, errors } = readDirectives({ name: '', text }, index);
  const [broken] = errors;
  if (broken !== undefined) return noTree(broken.location?.start.line ?? 1, broken.message);
  const reader = new TreeReader(new LineCursor(text, end), index, directives.escape);
  const failed = reader.run();
  if (failed !== undefined) return noTree(failed.line, failed.message);
  if (reader.nodes.length === 0) return noTree(1, 'the build file has no instructions');
  const { nodes, check } = reader;
  const instructions = check.error === undefined ? { instrOk: true } : { instrOk: false, error: check.error };
  return { ok: true, escape: directives.escape, nodes, ...instructions };
}

function noTree(line: number, message: string): NoTree {
  return { ok: false, error: `line ${line}: ${message}` };
}

class TreeReader {
  readonly nodes: TreeNode[] = [];
  readonly check = new InstructionCheck();
  readonly #cursor: LineCursor;
  readonly #index: LineIndex;
  readonly #escape: EscapeCharacter;

  constructor(cursor: LineCursor, index: LineIndex, escapeChar: EscapeCharacter) {
    this.#cursor = cursor;
    this.#index = index;
    this.#escape = escapeChar;
  }

  /** Reads all nodes; what it gives ended the file. */
  run(): { line: number; message: string } | undefined {
    for (;;) {
      const line = readLogicalLine(this.#cursor, this.#escape, this.#index);
      if (line === undefined) return undefined;
      const start = this.#index.position(line.start).line;
      try {
        this.#read(line, start);
      } catch (error) {
        if (error instanceof TsbuildError) return { line: start, message: error.message };
        throw error;
      }
    }
  }

  #read(line: LogicalLine, startLine: number): void {
    const read = lineNode(line.text, this.#escape);
    const { heredocs, missing } = readHeredocs(line, this.#cursor, this.#index, this.#escape);
    if (missing !== undefined) throw new TsbuildError('SYNTAX', `the heredoc ${missing.name} has no end`);
    const { value, flags, args, child } = read.node;
    const node: TreeNode = {
      value,
      flags,
      args,
      ...(child === undefined ? {} : { child }),
      startLine,
      endLine: this.#index.position(this.#cursor.last).line,
      heredocs: heredocs.map(({ name, raw, expand, chomp, fd }) => ({ name, content: raw, expand, chomp, fd })),
    };
    this.nodes.push(node);
    this.check.add(node, read.json);
  }
}
