import type { Instruction, InstructionKind, Word } from '../../../grammar/index.ts';
import type { IgnoreRules } from '../../base/ignore.ts';
import type { SourceRange } from '../../base/source.ts';
import type { ObservedFile, ObservedInstruction, ObservedStage } from '../observer.ts';

/** One thing that a rule found. */
export interface Complaint {
  message: string;
  range: SourceRange;
  /** A `# check=skip=…` above any of them silences it. */
  instructions: readonly Instruction[];
}

export type Report = (complaint: Complaint) => void;

/** An instruction with what the checks remember of the stage so far. */
export interface CheckedInstruction extends ObservedInstruction {
  /** The last instruction of each kind above it in its stage. */
  earlier: ReadonlyMap<InstructionKind, Instruction>;
  /** Whether a WORKDIR stands above it, in its stage or in one that it begins with. */
  workdirSet: boolean;
  /** The ignore rules that COPY and ADD see. */
  ignore: IgnoreRules | undefined;
}

/**
 * One check: a row of data and the functions that look for it, called as the plan goes. Names, descriptions and
 * messages are those of the reference builder, whose users write the names into `# check=skip=…`.
 */
export interface Rule {
  name: string;
  description: string;
  /** Off unless `experimental=` names it. */
  experimental?: true;
  /** For the page of the rules: what goes wrong otherwise, and what to do. */
  why: string;
  /** A build file that the rule, and no other, complains about; and the same one made right. */
  bad: string;
  good: string;
  /** The ignore file that goes with the examples. */
  ignore?: string;
  file?(file: ObservedFile, report: Report): void;
  stage?(stage: ObservedStage, report: Report): void;
  instruction?(checked: CheckedInstruction, report: Report): void;
  unset?(checked: CheckedInstruction, word: Word, names: readonly string[], report: Report): void;
}
