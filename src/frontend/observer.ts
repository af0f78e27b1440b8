import type { EscapeCharacter, Instruction, Word } from '../../grammar/index.ts';
import type { SourceFile } from '../base/source.ts';
import type { Platform } from '../oci/types.ts';
import type { Variables } from './arguments.ts';
import type { PlanOptions, ResolvedImage } from './plan-types.ts';
import type { Stage } from './stage.ts';
import type { StagedFile, StageSource } from './stages.ts';

/** A build file before anything of it is converted. */
export interface ObservedFile {
  staged: StagedFile;
  options: PlanOptions;
  /** What FROM expands with. */
  globals: Variables;
}

/** A stage whose base is known. */
export interface ObservedStage {
  source: StageSource;
  /** The stage that it begins with. */
  parent?: StageSource | undefined;
  /** The image that it begins with, by its expanded name, and the platform that was asked for. */
  base?: { name: string; image: ResolvedImage; platform: Platform } | undefined;
}

/** An instruction about to be converted: `stage` is as the instructions above have left it. */
export interface ObservedInstruction {
  instruction: Instruction;
  stage: Stage;
  from: StageSource;
  /** The build file, or the small text of an ONBUILD trigger that fires. */
  source: SourceFile;
  escape: EscapeCharacter;
}

/**
 * Looks on while a build file is planned, and changes nothing of the plan. Stages may be converted side by side, each
 * in the order of its instructions; a stage comes after the one that it begins with.
 */
export interface PlanObserver {
  file(file: ObservedFile): void;
  stage(stage: ObservedStage): void;
  instruction(observed: ObservedInstruction): void;
  /** Names in a word that were not set, and that expanded to nothing. */
  unset(observed: ObservedInstruction, word: Word, names: readonly string[]): void;
}
