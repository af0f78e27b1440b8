import { TsbuildError } from '../../src/base/error.ts';
import type { EscapeCharacter } from '../ast.ts';
import { parseTree } from './parse.ts';
import type { Tree, TreeNode } from './tree.ts';

/**
 * The text of a tree: an instruction on a line of its own, behind it its heredoc bodies. `parseTree` makes the same
 * tree of it but for the lines. Comments, continuations and the directives `syntax` and `check` are not in a tree, so
 * they are not in its text. INVALID for a tree that no text has, e.g. a RUN with a heredoc and two arguments.
 */
export function formatTree({ escape: escapeChar, nodes }: Pick<Tree, 'escape' | 'nodes'>): string {
  const head = escapeChar === '\\' ? '' : `# escape=${escapeChar}\n`;
  return head + nodes.map((node, index) => formatNode(node, escapeChar, index === nodes.length - 1)).join('');
}

/** Of all ways to write a node the first that is read as this node. */
function formatNode(node: TreeNode, escapeChar: EscapeCharacter, last: boolean): string {
  const bodies = node.heredocs.map(({ content, name }) => `${content}${name}\n`).join('');
  const head = escapeChar === '\\' ? '' : `# escape=${escapeChar}\n`;
  for (const line of linesOf(node, escapeChar)) {
    // At the start of a file U+FEFF would be a byte order mark.
    const text = `${line.startsWith('\uFEFF') ? ' ' : ''}${line}\n${bodies}`;
    const tree = parseTree(head + text);
    if (tree.ok && tree.nodes.length === 1 && tree.nodes[0] !== undefined && same(tree.nodes[0], node)) return text;
  }
  if (node.value === '' && last) return `${escapeChar}\n`;
  throw new TsbuildError('INVALID', `no text has such a node of ${JSON.stringify(node.value)}`);
}

function* linesOf(node: TreeNode, escapeChar: EscapeCharacter): Generator<string> {
  const flags = node.flags.map((flag) => ` ${quoteFlag(flag, escapeChar)}`).join('');
  for (const keyword of [node.value.toUpperCase(), node.value]) {
    for (const rest of restsOf(node, escapeChar)) {
      yield `${keyword}${flags}${rest === '' ? '' : ` ${rest}`}`;
      if (rest.startsWith('--')) yield `${keyword}${flags} -- ${rest}`;
    }
  }
}

function* restsOf({ value, args, child }: TreeNode, escapeChar: EscapeCharacter): Generator<string> {
  if (child !== undefined) yield* linesOf(child, escapeChar);
  else if (value === 'env' || value === 'label') yield pairs(args);
  else {
    yield args.join(' ');
    const typed = value === 'healthcheck' ? `${args[0] ?? ''} ` : '';
    yield typed + JSON.stringify(args.slice(typed === '' ? 0 : 1));
  }
}

function pairs(args: readonly string[]): string {
  const words: string[] = [];
  for (let at = 0; at + 2 < args.length; at += 3) words.push(`${args[at]}${args[at + 2] || ' '}${args[at + 1]}`);
  return words.join(' ');
}

/** Blanks and quotes of a flag stand in double quotes, behind the dashes. */
function quoteFlag(flag: string, escapeChar: EscapeCharacter): string {
  if (!/[\s\u0085"'\\`]/.test(flag)) return flag;
  const escaped = flag
    .slice(2)
    .replace(/["\\`]/g, (char) => (char === '"' || char === escapeChar ? escapeChar : '') + char);
  return `--"${escaped}"`;
}

/** Compares all but the lines. */
function same(a: TreeNode, b: TreeNode): boolean {
  return JSON.stringify(withoutLines(a)) === JSON.stringify(withoutLines(b));
}

function withoutLines({ value, flags, args, child, heredocs }: TreeNode): unknown {
  return { value, flags, args, child: child && withoutLines(child), heredocs };
}
