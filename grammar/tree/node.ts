import { TsbuildError } from '../../src/base/error.ts';
import type { EscapeCharacter } from '../ast.ts';
import { flagEnd, jsonStrings, quotedWords, unquoteFlag } from '../scan.ts';
import { skipBlanks, trimBlanks, WORD_BREAK } from '../space.ts';
import type { TreeNode } from './tree.ts';

/** A node before it has lines, and whether its arguments are a JSON array, which the tree does not say. */
export interface LineNode {
  node: TreeNode;
  json: boolean;
  /** Of ONBUILD. */
  child: LineNode | undefined;
}

/** No build takes ONBUILD in ONBUILD; a file of nothing else shall not be deeper than what can be printed. */
const MAX_DEPTH = 100;

type Arguments = { args: string[]; json?: boolean };

/**
 * Splits one logical line (the reference's `newNodeFromLine` and line parsers). Every line has a node; SYNTAX, without
 * a location, for ENV and LABEL that are no pairs, and for a JSON array of other things than strings.
 */
export function lineNode(text: string, escapeChar: EscapeCharacter, depth = 0): LineNode {
  const line = trimBlanks(text);
  const blank = line.search(WORD_BREAK);
  const value = (blank === -1 ? line : line.slice(0, blank)).toLowerCase();
  const { flags, rest } = splitFlags(blank === -1 ? '' : line.slice(blank), escapeChar);
  const node: TreeNode = { value, flags, args: [], startLine: 0, endLine: 0, heredocs: [] };
  if (value === 'onbuild') {
    if (rest === '') return { node, json: false, child: undefined };
    if (depth === MAX_DEPTH) throw new TsbuildError('SYNTAX', 'ONBUILD is nested too deeply');
    const child = lineNode(rest, escapeChar, depth + 1);
    return { node: { ...node, child: child.node }, json: false, child };
  }
  const { args, json = false } = argumentsOf(value, rest, escapeChar);
  return { node: { ...node, args }, json, child: undefined };
}

function splitFlags(text: string, escapeChar: EscapeCharacter): { flags: string[]; rest: string } {
  const flags: string[] = [];
  let at = skipBlanks(text, 0);
  while (text.startsWith('--', at)) {
    const end = flagEnd(text, at, escapeChar);
    const flag = unquoteFlag(text.slice(at, end), escapeChar);
    at = skipBlanks(text, end);
    if (flag === '--') break;
    flags.push(flag);
  }
  return { flags, rest: trimBlanks(text.slice(at)) };
}

function argumentsOf(value: string, rest: string, escapeChar: EscapeCharacter): Arguments {
  switch (value) {
    case 'run':
    case 'cmd':
    case 'entrypoint':
    case 'shell':
      return commandArguments(rest);
    case 'copy':
    case 'add':
    case 'volume': {
      const strings = jsonStrings(rest);
      return strings === undefined ? { args: words(rest) } : { args: strings, json: true };
    }
    case 'from':
    case 'expose':
      return { args: words(rest) };
    case 'env':
    case 'label':
      return { args: pairs(value, rest, escapeChar) };
    case 'arg':
      return { args: quotedWords(rest, escapeChar) };
    case 'healthcheck':
      return healthArguments(rest);
    case 'user':
    case 'workdir':
    case 'stopsignal':
    case 'maintainer':
      return { args: rest === '' ? [] : [rest] };
    default:
      return { args: [''] };
  }
}

function commandArguments(rest: string): Arguments {
  if (rest === '') return { args: [] };
  const strings = jsonStrings(rest);
  return strings === undefined ? { args: [rest] } : { args: strings, json: true };
}

function healthArguments(rest: string): Arguments {
  if (rest === '') return { args: [] };
  let end = 0;
  while (end < rest.length && skipBlanks(rest, end, end + 1) === end) end++;
  const { args, json = false } = commandArguments(rest.slice(skipBlanks(rest, end)));
  return { args: [rest.slice(0, end), ...args], json };
}

function words(rest: string): string[] {
  return rest === '' ? [] : rest.split(WORD_BREAK);
}

/** `name=value` pairs or, where the first word holds no `=`, one name and the rest of the line. */
function pairs(value: string, rest: string, escapeChar: EscapeCharacter): string[] {
  const found = quotedWords(rest, escapeChar);
  if (found.length === 0) return [];
  if (!found[0]?.includes('=')) return legacyPair(value, rest);
  return found.flatMap((word) => {
    const equals = word.indexOf('=');
    if (equals === -1) throw new TsbuildError('SYNTAX', `expected name=value, found ${JSON.stringify(word)}`);
    return [word.slice(0, equals), word.slice(equals + 1), '='];
  });
}

function legacyPair(value: string, rest: string): string[] {
  const blank = WORD_BREAK.exec(rest);
  if (blank === null) throw new TsbuildError('SYNTAX', `${value.toUpperCase()} requires a name and a value`);
  return [rest.slice(0, blank.index), rest.slice(blank.index + blank[0].length), ''];
}

/** Whether heredocs of the line are read: RUN, COPY and ADD, also in one ONBUILD, and not in JSON form (trap 8). */
export function takesHeredocs({ node, json, child }: LineNode): boolean {
  if (node.value === 'onbuild' && child !== undefined) return takesHeredocs({ ...child, child: undefined });
  return !json && (node.value === 'run' || node.value === 'copy' || node.value === 'add');
}
