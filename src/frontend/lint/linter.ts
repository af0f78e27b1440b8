import type { CheckOptions } from '../../../grammar/check.ts';
import type { BuildFile, Instruction, InstructionKind, Word } from '../../../grammar/index.ts';
import { TsbuildError } from '../../base/error.ts';
import type { IgnoreRules } from '../../base/ignore.ts';
import type { SourceFile, SourceRange } from '../../base/source.ts';
import type { ObservedFile, ObservedInstruction, ObservedStage, PlanObserver } from '../observer.ts';
import type { StageSource } from '../stages.ts';
import { checkOptions, isOn } from './options.ts';
import type { CheckedInstruction, Complaint, Report, Rule } from './rule.ts';
import { RULES } from './rules/index.ts';

/** A warning of the checks: the name and the description of the rule, and what it says of a place. */
export interface Finding {
  rule: string;
  detail: string;
  message: string;
  source: SourceFile;
  location: SourceRange;
}

export interface LinterOptions {
  buildArgs: Readonly<Record<string, string>>;
  /** What the ignore file leaves of the build context; without it nothing is said about it. */
  ignore?: IgnoreRules | undefined;
}

interface StageState {
  earlier: Map<InstructionKind, Instruction>;
  workdirSet: boolean;
  /** False where the base image could not be looked at: what its variables are is then not known. */
  environmentKnown: boolean;
}

/** Runs the checks while a build file is planned: all that concern what is converted. */
export class Linter implements PlanObserver {
  readonly #source: SourceFile;
  readonly #options: CheckOptions;
  readonly #ignore: IgnoreRules | undefined;
  readonly #rules: readonly Rule[];
  readonly #stages = new Map<number, StageState>();
  /** By what they say and where, so that a word that is expanded twice is complained about once. */
  readonly #findings = new Map<string, Finding>();

  constructor(file: BuildFile, { buildArgs, ignore }: LinterOptions) {
    this.#source = file.source;
    this.#options = checkOptions(file, buildArgs);
    this.#ignore = ignore;
    this.#rules = RULES.filter((rule) => isOn(rule, this.#options));
  }

  /** In the order of the file. */
  get findings(): Finding[] {
    const rank = ({ rule }: Finding) => RULES.findIndex(({ name }) => name === rule);
    const offset = ({ location }: Finding) => location.start.offset;
    return [...this.#findings.values()].sort((a, b) => offset(a) - offset(b) || rank(a) - rank(b));
  }

  /** With `error=true`, what was found is an error: it names the rules, and shows the first place. */
  failOnFindings(): void {
    const { findings } = this;
    const [first] = findings;
    if (!this.#options.error || first === undefined) return;
    const names = [...new Set(findings.map(({ rule }) => rule))];
    throw new TsbuildError('INVALID', `lint violation found for rules: ${names.join(', ')}`, {
      location: first.location,
      source: first.source,
      hint: `correct what the warnings say, or leave a rule out with \`# check=skip=${names[0]};error=true\``,
    });
  }

  file(file: ObservedFile): void {
    for (const rule of this.#rules) rule.file?.(file, this.#reporter(rule));
  }

  stage(stage: ObservedStage): void {
    const parent = stage.parent && this.#stages.get(stage.parent.index);
    this.#stages.set(stage.source.index, {
      earlier: new Map(),
      workdirSet: parent?.workdirSet ?? false,
      environmentKnown: parent?.environmentKnown ?? stage.base?.image.unknown !== true,
    });
    for (const rule of this.#rules) rule.stage?.(stage, this.#reporter(rule));
  }

  instruction(observed: ObservedInstruction): void {
    const state = this.#stateOf(observed.from);
    const checked = this.#checked(observed);
    for (const rule of this.#rules) rule.instruction?.(checked, this.#reporter(rule, observed));
    const { instruction } = observed;
    state.earlier.set(instruction.kind, instruction);
    state.workdirSet ||= instruction.kind === 'WORKDIR';
  }

  unset(observed: ObservedInstruction, word: Word, names: readonly string[]): void {
    if (!this.#stateOf(observed.from).environmentKnown) return;
    const checked = this.#checked(observed);
    for (const rule of this.#rules) rule.unset?.(checked, word, names, this.#reporter(rule, observed));
  }

  #stateOf({ index }: StageSource): StageState {
    const state = this.#stages.get(index);
    if (state === undefined) throw new TsbuildError('INTERNAL', `the checks were not told of stage ${index}`);
    return state;
  }

  #checked(observed: ObservedInstruction): CheckedInstruction {
    const { earlier, workdirSet } = this.#stateOf(observed.from);
    return { ...observed, earlier, workdirSet, ignore: this.#ignore };
  }

  /** A trigger of ONBUILD stands in no file of the user's: what is wrong with it is shown at the FROM that fires it. */
  #reporter(rule: Rule, observed?: ObservedInstruction): Report {
    const fired = observed !== undefined && observed.source !== this.#source ? observed.from.from : undefined;
    return ({ message, range, instructions }) => {
      const silencing = fired === undefined ? instructions : [fired];
      if (silencing.some(({ checkSkip }) => checkSkip === 'all' || checkSkip.includes(rule.name))) return;
      this.#add(rule, { message, range: fired?.range ?? range });
    };
  }

  #add({ name: rule, description: detail }: Rule, { message, range }: Pick<Complaint, 'message' | 'range'>): void {
    const key = JSON.stringify([rule, message, range.start.offset]);
    this.#findings.set(key, { rule, detail, message, source: this.#source, location: range });
  }
}
