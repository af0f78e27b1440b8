import type { TreeNode } from './tree.ts';

/** The tree as text, a line for each instruction: `(copy ["--from=x"] "a" "b")`, as BuildKit dumps it. */
export function sexpr(nodes: readonly TreeNode[]): string {
  return nodes.map((node) => `${nodeText(node)}\n`).join('');
}

function nodeText({ value, flags, args, child }: TreeNode): string {
  const parts = [value];
  if (flags.length > 0) parts.push(`[${flags.map(quote).join(' ')}]`);
  if (child !== undefined) parts.push(nodeText(child));
  parts.push(...args.map(quote));
  return `(${parts.join(' ')})`;
}

const ESCAPES: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** What Go does not print as it is: all but letters, marks, numbers, punctuation, symbols and the ASCII blank. */
const UNPRINTABLE = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** Go's strconv.Quote. */
function quote(text: string): string {
  return `"${text.replace(UNPRINTABLE, escapeOf)}"`;
}

function escapeOf(char: string): string {
  const known = ESCAPES[char];
  if (known !== undefined) return known;
  const code = char.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code < 0x80) return `\\x${digits.padStart(2, '0')}`;
  return code > 0xffff ? `\\U${digits.padStart(8, '0')}` : `\\u${digits.padStart(4, '0')}`;
}
