import type { BuildFile, Instruction } from '../../grammar/index.ts';
import { TsbuildError } from '../base/error.ts';
import type { SourceFile, SourceRange } from '../base/source.ts';
import type { PlanOptions } from './plan-types.ts';
import { type StageSource, splitStages } from './stages.ts';

/** An instruction and the stage it is in. */
interface InstructionPlace {
  stage: StageSource;
  instruction: Instruction;
}

/** The options with which planning ends at the instruction in a line. */
export function planUpTo(file: BuildFile, line: number): Pick<PlanOptions, 'target' | 'upTo'> {
  const { stage, instruction } = instructionAt(file, line);
  return { target: String(stage.index), upTo: instruction };
}

/** The instruction of a stage that a line belongs to, of several lines any; counted from 1. */
export function instructionAt(file: BuildFile, line: number): InstructionPlace {
  const { stages, globalArgs, source } = splitStages(file);
  for (const stage of stages) {
    if (covers(stage.from, line)) throw beforeStage(stage, source);
    const instruction = stage.instructions.find((candidate) => covers(candidate, line));
    if (instruction !== undefined) return { stage, instruction };
  }
  const global = globalArgs.find((candidate) => covers(candidate, line));
  if (global !== undefined) {
    const hint = 'choose a line below a FROM';
    throw new TsbuildError('INVALID', `line ${line} is in no stage`, { source, location: global.range, hint });
  }
  throw noInstruction(file, line);
}

function covers({ range }: Instruction, line: number): boolean {
  return range.start.line <= line && line <= range.end.line;
}

function beforeStage({ from, instructions: [first] }: StageSource, source: SourceFile): TsbuildError {
  const { line } = from.range.start;
  const hint =
    first === undefined
      ? 'the stage is its base image alone: look at that with `tsbuild run`'
      : `line ${first.range.start.line} shows what the stage begins with`;
  const details = { source, location: from.range, hint };
  return new TsbuildError('INVALID', `line ${line} begins a stage: there are no files before it`, details);
}

function noInstruction({ source, instructions }: BuildFile, line: number): TsbuildError {
  const location = rangeOfLine(source, line);
  if (location === undefined) {
    const count = source.text.split('\n').length - (source.text.endsWith('\n') ? 1 : 0);
    return new TsbuildError('INVALID', `there is no line ${line} in ${source.name}: it has ${count}`);
  }
  const next = instructions.find(({ range }) => range.start.line > line);
  const hint =
    next === undefined
      ? 'choose a line above'
      : `the next one is ${next.keyword.text} in line ${next.range.start.line}`;
  return new TsbuildError('INVALID', `line ${line} has no instruction`, { source, location, hint });
}

function rangeOfLine({ text }: SourceFile, line: number): SourceRange | undefined {
  const lines = text.split('\n');
  const own = lines[line - 1];
  if (own === undefined || (line === lines.length && own === '')) return undefined;
  const offset = lines.slice(0, line - 1).reduce((sum, before) => sum + before.length + 1, 0);
  return {
    start: { line, column: 1, offset },
    end: { line, column: own.length + 1, offset: offset + own.length },
  };
}
