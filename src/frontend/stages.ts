import type { ArgInstruction, BuildFile, FromInstruction, Instruction } from '../../grammar/index.ts';
import { TsbuildError } from '../base/error.ts';
import type { SourceFile } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';

/** A stage as written. */
export interface StageSource {
  index: number;
  /** In lower case: names compare so. */
  name: string | undefined;
  from: FromInstruction;
  instructions: readonly Instruction[];
}

export interface StagedFile {
  source: SourceFile;
  file: BuildFile;
  /** The ARG instructions before the first FROM. */
  globalArgs: readonly ArgInstruction[];
  stages: readonly StageSource[];
}

/** Splits a build file into its stages. A file without any is an error, as for BuildKit. */
export function splitStages(file: BuildFile): StagedFile {
  const globalArgs: ArgInstruction[] = [];
  const stages: (StageSource & { instructions: Instruction[] })[] = [];
  for (const instruction of file.instructions) {
    const stage = stages.at(-1);
    if (instruction.kind === 'FROM') {
      const name = instruction.name?.text.toLowerCase();
      stages.push({ index: stages.length, name, from: instruction, instructions: [] });
    } else if (stage !== undefined) stage.instructions.push(instruction);
    else if (instruction.kind === 'ARG') globalArgs.push(instruction);
  }
  if (stages.length === 0) {
    throw new TsbuildError('SYNTAX', `${file.source.name} has no stage to build`, {
      hint: 'begin it with FROM and the name of an image, or FROM scratch',
    });
  }
  return { source: file.source, file, globalArgs, stages };
}

/** Without what follows on an instruction in its stage. */
export function cutBehind(last: Instruction | undefined, staged: StagedFile): StagedFile {
  if (last === undefined) return staged;
  const stages = staged.stages.map((stage) => {
    const at = stage.instructions.indexOf(last);
    return at < 0 ? stage : { ...stage, instructions: stage.instructions.slice(0, at + 1) };
  });
  return { ...staged, stages };
}

/** The stage that a FROM, `--from` or `--target` means: a name, in any case. The last one of a name counts. */
export function stageByName(stages: readonly StageSource[], name: string): StageSource | undefined {
  const lower = name.toLowerCase();
  return stages.findLast((stage) => stage.name === lower);
}

/** Finds the stage of `--target`, by name or number. */
export function targetStage(staged: StagedFile, target: string | undefined): StageSource {
  const { stages } = staged;
  if (target === undefined || target === '') return stages.at(-1) as StageSource;
  const found = stageByName(stages, target) ?? (/^\d+$/.test(target) ? stages[Number(target)] : undefined);
  if (found !== undefined) return found;
  const names = stages.flatMap((stage) => stage.name ?? []);
  const near = suggest(target.toLowerCase(), names);
  const known = names.length === 0 ? 'no stage has a name' : `the stages are: ${names.join(', ')}`;
  throw new TsbuildError('NOT_FOUND', `target stage ${JSON.stringify(target)} is not in ${staged.source.name}`, {
    hint: near === undefined ? known : `did you mean ${near}? ${known}`,
  });
}
