import { didYouMean } from '../../src/base/suggest.ts';
import type { InstructionKind } from '../ast.ts';
import { FlagCheck } from '../build/flag.ts';
import { STAGE_NAME } from '../build/from.ts';
import { instructionNames, NO_TRIGGER } from '../build/names.ts';
import { heredocMarker } from '../heredoc.ts';
import { trimBlanks } from '../space.ts';
import type { TreeNode } from './tree.ts';
import { type FlagValues, healthProblem, runProblem } from './values.ts';

/** The text of what is wrong; undefined where nothing is. */
type Problem = string | undefined;

/**
 * Whether the nodes of a file are instructions that the reference's `instructions.Parse` takes, which is less than
 * `parse` asks of them: a mount's fields wait for expansion there, and a RUN may be empty.
 */
export class InstructionCheck {
  /** The first problem of the file, with its line. */
  error: string | undefined;
  #inStage = false;

  add(node: TreeNode, json: boolean): void {
    if (this.error !== undefined) return;
    const problem = problemOf(node, json) ?? this.#placeProblem(node);
    if (problem !== undefined) this.error = `line ${node.startLine}: ${problem}`;
  }

  #placeProblem({ value }: TreeNode): Problem {
    this.#inStage ||= value === 'from';
    return this.#inStage || value === 'arg'
      ? undefined
      : `no build stage in current context: ${value.toUpperCase()} comes before the first FROM`;
  }
}

/** How many arguments each takes, and whether flags are looked at: those of ARG and STOPSIGNAL mean nothing. */
const RULES: Record<InstructionKind, { arguments: 'any' | 'some' | 'one' | 'two' | 'from'; flags?: false }> = {
  FROM: { arguments: 'from' },
  RUN: { arguments: 'any' },
  COPY: { arguments: 'two' },
  ADD: { arguments: 'two' },
  ARG: { arguments: 'some', flags: false },
  ENV: { arguments: 'some' },
  LABEL: { arguments: 'some' },
  EXPOSE: { arguments: 'some' },
  VOLUME: { arguments: 'some' },
  USER: { arguments: 'one' },
  WORKDIR: { arguments: 'one' },
  CMD: { arguments: 'any' },
  ENTRYPOINT: { arguments: 'any' },
  SHELL: { arguments: 'some' },
  STOPSIGNAL: { arguments: 'one', flags: false },
  HEALTHCHECK: { arguments: 'some' },
  ONBUILD: { arguments: 'some' },
  MAINTAINER: { arguments: 'one' },
};

function problemOf(node: TreeNode, json: boolean): Problem {
  const kind = instructionNames.find((name) => name.toLowerCase() === node.value);
  if (kind === undefined) return unknownInstruction(node.value);
  if (kind === 'HEALTHCHECK' && node.args[0]?.toUpperCase() === 'NONE') {
    return node.args.length > 1 ? 'HEALTHCHECK NONE takes no arguments' : undefined;
  }
  const values: FlagValues = new Map();
  return (
    countProblem(kind, node) ??
    (RULES[kind].flags === false ? undefined : flagProblem(kind, node.flags, values)) ??
    argumentProblem(kind, node, json, values)
  );
}

function unknownInstruction(value: string): string {
  if (value === '') return 'the line holds an escape character and no instruction';
  const near = didYouMean(value, instructionNames);
  return `unknown instruction: ${value.toUpperCase()}${near === undefined ? '' : ` (${near})`}`;
}

function countProblem(kind: InstructionKind, { args, child }: TreeNode): Problem {
  const count = args.length + (child === undefined ? 0 : 1);
  switch (RULES[kind].arguments) {
    case 'some':
      return count === 0 ? `${kind} requires at least one argument` : undefined;
    case 'one':
      return count === 1 ? undefined : `${kind} requires exactly one argument`;
    case 'two':
      return count < 2 ? `${kind} requires at least two arguments: a source and a destination` : undefined;
    case 'from':
      return fromProblem(args);
    case 'any':
      return undefined;
  }
}

function fromProblem(args: readonly string[]): Problem {
  const [, as, name] = args;
  if (args.length === 1) return undefined;
  if (args.length !== 3 || !/^as$/iu.test(as ?? '')) return 'FROM requires either one or three arguments';
  return STAGE_NAME.test((name ?? '').toLowerCase())
    ? undefined
    : `invalid name of a build stage: ${JSON.stringify(name)}`;
}

function flagProblem(kind: InstructionKind, flags: readonly string[], values: FlagValues): Problem {
  const check = new FlagCheck(kind);
  for (const text of flags) {
    const flag = check.add(text);
    if ('message' in flag) return flag.hint === undefined ? flag.message : `${flag.message} (${flag.hint})`;
    const list = values.get(flag.name);
    if (list === undefined) values.set(flag.name, [flag.value]);
    else list.push(flag.value);
  }
  return undefined;
}

function argumentProblem(kind: InstructionKind, node: TreeNode, json: boolean, values: FlagValues): Problem {
  const { args, child } = node;
  switch (kind) {
    case 'ENV':
    case 'LABEL':
      return args.some((key, at) => at % 3 === 0 && key === '') ? `${kind} names cannot be blank` : undefined;
    case 'ARG':
      return args.some((word) => word.startsWith('=')) ? 'ARG names cannot be blank' : undefined;
    case 'COPY':
    case 'ADD':
      return heredocMarker(args.at(-1) ?? '') === undefined
        ? undefined
        : `${kind} cannot have a heredoc as its destination`;
    case 'VOLUME':
      return args.some((path) => trimBlanks(path) === '') ? 'the path of a VOLUME cannot be empty' : undefined;
    case 'SHELL':
      return json ? undefined : 'SHELL requires its arguments in JSON form';
    case 'ONBUILD': {
      const trigger = child?.value.toUpperCase() ?? '';
      return NO_TRIGGER.has(trigger) ? `${trigger} is not allowed in ONBUILD` : undefined;
    }
    case 'RUN':
      return runProblem(values);
    case 'HEALTHCHECK':
      return healthProblem(args, values);
    default:
      return undefined;
  }
}
