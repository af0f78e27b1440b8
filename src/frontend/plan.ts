import type { BuildFile, Instruction, Word } from '../../grammar/index.ts';
import { TsbuildError } from '../base/error.ts';
import type { SourceFile } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import { formatWithVersion, normalizePlatform, parsePlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/types.ts';
import {
  automaticArguments,
  expandWord,
  globalArguments,
  sourceDateEpoch,
  unusedArguments,
  type Variables,
} from './arguments.ts';
import { type ContextUse, stageFromContext, treeFromContext } from './context-stage.ts';
import { errorAt, type FromTree } from './convert/context.ts';
import { convertInstruction, convertToStandIn } from './convert/index.ts';
import { imagePlatform, imageVertex } from './image-vertex.ts';
import type { ObservedStage, PlanObserver } from './observer.ts';
import type { NamedContext, PlanOptions, ResolvedImage } from './plan-types.ts';
import { type Stage, type StageVertices, stageFromImage, stageFromScratch, stageFromStage } from './stage.ts';
import { cutBehind, type StagedFile, type StageSource, splitStages, stageByName, targetStage } from './stages.ts';
import { StepNames } from './step-names.ts';
import { type Trigger, triggersOf } from './triggers.ts';

/** Plans the target stage of a build file: a graph of vertices, and the configuration of the image. */
export async function planImage(file: BuildFile, options: PlanOptions, observer?: PlanObserver): Promise<ImagePlan> {
  const staged = cutBehind(options.upTo, splitStages(file));
  const target = targetStage(staged, options.target);
  const planner = new Planner(staged, { ...options, target: options.target || staged.stages.at(-1)?.name }, observer);
  const stage = await planner.convert(target);
  warnOfUnusedArguments(staged, planner.triggerArguments, options);
  warnOfUnknownStages(staged, options);
  return {
    rootfs: stage.rootfs,
    platform: resultPlatform(stage, options),
    epoch: planner.epoch,
    config: { ...stage.config, Labels: labelsOf(stage, options) },
    author: stage.author,
    history: stage.history,
    baseCreated: stage.baseCreated,
  };
}

/**
 * Converts what a build of the target would, or without a target every stage, for the sake of an observer. Goes on
 * with the next stage where one cannot be converted, and returns what no tolerance was for.
 */
export async function surveyStages(file: BuildFile, options: PlanOptions, observer: PlanObserver): Promise<unknown[]> {
  const errors = new Set<unknown>();
  try {
    const staged = splitStages(file);
    const planner = new Planner(staged, options, observer);
    const stages = options.target ? [targetStage(staged, options.target)] : staged.stages;
    for (const stage of stages) await planner.convert(stage).catch((error) => errors.add(error));
  } catch (error) {
    errors.add(error);
  }
  return [...errors];
}

function labelsOf(stage: Stage, options: PlanOptions): Record<string, string> | undefined {
  const labels = { ...stage.config.Labels, ...options.labels };
  return Object.keys(labels).length === 0 ? undefined : labels;
}

function warnOfUnusedArguments(staged: StagedFile, triggerArguments: ReadonlySet<string>, options: PlanOptions): void {
  const automatic = automaticArguments(options).keys();
  const declared = new Set([...automatic, ...triggerArguments, ...staged.file.instructions.flatMap(declaredNames)]);
  const unused = unusedArguments(options.buildArgs, declared);
  if (unused.length === 0) return;
  options.warn({ message: `build arguments that no ARG declares: ${unused.join(', ')}`, source: staged.source });
}

function warnOfUnknownStages({ stages, source }: StagedFile, { noCacheFilter = [], warn }: PlanOptions): void {
  for (const name of noCacheFilter) {
    if (stageByName(stages, name) !== undefined) continue;
    warn({ message: `--no-cache-filter ${name}: no stage has this name`, source });
  }
}

function declaredNames(instruction: Instruction): string[] {
  return instruction.kind === 'ARG' ? instruction.args.map(({ name }) => name.text) : [];
}

/** Converts stages as they are needed, each once: a stage that nothing leads to is never resolved. */
class Planner {
  readonly #staged: StagedFile;
  readonly #options: PlanOptions;
  readonly #globals: Variables;
  readonly #observer: PlanObserver | undefined;
  readonly #converted = new Map<number, Promise<Stage>>();
  readonly #images = new Map<string, Promise<ResolvedImage>>();
  readonly #contexts = new Map<string, Promise<NamedContext | undefined>>();
  /** The ARG names that ONBUILD triggers have declared so far. */
  readonly triggerArguments = new Set<string>();

  constructor(staged: StagedFile, options: PlanOptions, observer?: PlanObserver) {
    this.#staged = staged;
    this.#options = options;
    this.#observer = observer;
    const automatic = automaticArguments(options);
    this.#globals = globalArguments(staged.globalArgs, options, automatic, this.#at);
    observer?.file({ staged, options, globals: this.#globals });
  }

  /** SOURCE_DATE_EPOCH, in seconds. */
  get epoch(): number | undefined {
    return sourceDateEpoch(this.#options, this.#globals, this.#at);
  }

  get #at() {
    return { source: this.#staged.source, escape: this.#staged.file.directives.escape };
  }

  convert(source: StageSource): Promise<Stage> {
    let stage = this.#converted.get(source.index);
    if (stage === undefined) {
      stage = this.#convertStage(source);
      this.#converted.set(source.index, stage);
    }
    return stage;
  }

  async #convertStage(source: StageSource): Promise<Stage> {
    const { name } = source;
    const named = name === undefined ? undefined : await this.#context(name, this.#platformOf(source), source);
    if (named !== undefined) return stageFromContext(named.context, named.use);
    this.#resolveAhead(source);
    const names = this.#stepNames(source);
    const { stage, triggers, ...origin } = await this.#base(source, names);
    this.#observer?.stage({ source, ...origin });
    names.add(triggers.filter(({ instruction }) => isStep(instruction)).length);
    const place = { stage, user: source, names };
    for (const { source: text, instruction } of triggers) {
      for (const name of declaredNames(instruction)) this.triggerArguments.add(name);
      await this.#convertOne(instruction, { ...place, source: text, prefix: 'ONBUILD ' });
    }
    for (const instruction of source.instructions) {
      await this.#convertOne(instruction, { ...place, source: this.#staged.source, prefix: '' });
    }
    return stage;
  }

  async #convertOne(instruction: Instruction, place: InstructionPlace): Promise<void> {
    const { stage, user, source, names, prefix } = place;
    const observed = { instruction, stage, from: user, source, escape: this.#at.escape };
    this.#observer?.instruction(observed);
    const isReplaced = instruction === this.#options.upTo && instruction.kind !== 'RUN';
    const convert = isReplaced ? convertToStandIn : convertInstruction;
    await convert(instruction, {
      stage,
      source,
      escape: observed.escape,
      unset: (word, unset) => this.#observer?.unset(observed, word, unset),
      options: this.#options,
      globals: this.#globals,
      display: ({ text, range }) => ({
        name: names.next(prefix + text, stage.platform, stage.variables),
        location: range,
        source,
      }),
      resolveFrom: (word) => this.#resolveFrom({ word, user, source }),
    }).catch((error) => this.#tolerate(error));
  }

  #tolerate(error: unknown): void {
    const { tolerance } = this.#options;
    if (tolerance === undefined || !(error instanceof TsbuildError)) throw error;
    tolerance.error(error);
  }

  /** Starts on the stages that a stage copies from or mounts, so that their images are resolved side by side. */
  #resolveAhead(source: StageSource): void {
    for (const instruction of source.instructions) {
      for (const name of treesOf(instruction)) {
        const stage = this.#earlierStage(name, source);
        if (stage !== undefined) this.convert(stage).catch(() => undefined);
      }
    }
  }

  /** What FROM gives. An image is a step of its own; scratch and the stages above have nothing to fetch. */
  async #base(source: StageSource, names: StepNames): Promise<Base> {
    const { from } = source;
    const name = expandWord(from.image, this.#globals, this.#at);
    if (name === '') {
      throw errorAt(
        this.#at,
        from.image.range,
        'INVALID',
        `FROM ${from.image.text}: the name of the image is empty`,
        'give the ARG a default, or pass --build-arg',
      );
    }
    const platform = this.#platformOf(source);
    const vertices = this.#verticesOf(source);
    const parent = stageByName(this.#staged.stages.slice(0, source.index), name);
    if (parent !== undefined) {
      const stage = await this.convert(parent);
      return { parent, stage: stageFromStage(stage, vertices), triggers: await triggersOf(stage.config.OnBuild, name) };
    }
    if (name === 'scratch') return { stage: stageFromScratch(this.#options.targetPlatform, vertices), triggers: [] };
    const named = await this.#context(name, platform, source);
    if (named !== undefined) {
      const stage = stageFromContext(named.context, named.use);
      return { stage, triggers: await triggersOf(onBuildOf(named.context), name) };
    }
    const image = await this.#image(name, platform, { word: from.image, user: source, source: this.#staged.source });
    names.add(1);
    const shown = names.next(`FROM ${image.reference}`, platform);
    const vertex = imageVertex(image, { name: shown, location: from.range, source: this.#staged.source });
    const stage = stageFromImage(image, vertex, imagePlatform(image), vertices);
    const triggers = await triggersOf(image.config.config?.OnBuild, image.reference);
    return { stage, triggers, base: { name, image, platform } };
  }

  #verticesOf({ name }: StageSource): StageVertices {
    const { scope, noCache, noCacheFilter = [] } = this.#options;
    const filtered = name !== undefined && noCacheFilter.some((filter) => filter.toLowerCase() === name);
    return { scope, ignoreCache: noCache || filtered };
  }

  #platformOf(source: StageSource): Platform {
    const word = source.from.platform;
    if (word === undefined || word.text === '') return this.#options.targetPlatform;
    const text = expandWord(word, this.#globals, this.#at);
    if (text === '') {
      const problem = `FROM --platform=${word.text}: the platform is empty`;
      throw errorAt(this.#at, word.range, 'INVALID', problem, 'give the ARG a default, or pass --build-arg');
    }
    try {
      return parsePlatform(text);
    } catch (error) {
      throw error instanceof TsbuildError ? error.at(word.range, this.#staged.source) : error;
    }
  }

  async #image(name: string, platform: Platform, use: ImageUse): Promise<ResolvedImage> {
    const key = `${formatWithVersion(platform)} ${name}`;
    let image = this.#images.get(key);
    if (image === undefined) {
      image = this.#options.resolveImage({ name, platform });
      this.#images.set(key, image);
    }
    try {
      return await image;
    } catch (error) {
      if (!(error instanceof TsbuildError)) throw error;
      const shown =
        this.#laterStage(name, use) ?? this.#misspelt(name, use, error) ?? error.at(use.word.range, use.source);
      this.#tolerate(shown);
      return this.#options.tolerance?.standIn({ name, platform }) as ResolvedImage;
    }
  }

  /** A name that no image has and that is nearly a stage's. */
  #misspelt(name: string, { word, user, source }: ImageUse, error: TsbuildError): TsbuildError | undefined {
    const above = this.#staged.stages.slice(0, user.index).flatMap((stage) => stage.name ?? []);
    const near = suggest(name, above);
    if (near === undefined) return undefined;
    const problem = `no stage above is called ${name}, and ${error.message}`;
    return errorAt({ source }, word.range, error.code, problem, `did you mean the stage ${near}?`);
  }

  /** A name that no image has and a stage further down (or the very same) does: that is what was meant. */
  #laterStage(name: string, { word, user, source }: ImageUse): TsbuildError | undefined {
    const later = stageByName(this.#staged.stages.slice(user.index), name);
    if (later === undefined) return undefined;
    const line = later.from.range.start.line;
    const problem =
      later.index === user.index
        ? `stage ${name} depends on itself`
        : `stage ${name} is used before it is defined (line ${line})`;
    const hint = 'a stage can use the stages above it only; this rules out cycles';
    return errorAt({ source }, word.range, 'INVALID', problem, hint);
  }

  #earlierStage(name: string, user: StageSource): StageSource | undefined {
    const earlier = this.#staged.stages.slice(0, user.index);
    return stageByName(earlier, name) ?? (/^\d+$/.test(name) ? earlier[Number(name)] : undefined);
  }

  async #resolveFrom({ word: name, user, source }: ImageUse): Promise<FromTree> {
    const stage = this.#earlierStage(name.text, user);
    const platform = stage === undefined ? this.#options.targetPlatform : this.#platformOf(stage);
    const named = await this.#context(stage?.name ?? name.text, platform, stage ?? user);
    if (named !== undefined) return treeFromContext(named.context, named.use);
    if (stage !== undefined) return { vertex: (await this.convert(stage)).rootfs };
    if (/^\d+$/.test(name.text)) {
      throw errorAt({ source }, name.range, 'INVALID', `--from=${name.text}: there is no stage of that number above`);
    }
    const use = { word: name, user, source };
    const later = this.#laterStage(name.text, use);
    if (later !== undefined) throw later;
    const image = await this.#image(name.text, this.#options.targetPlatform, use);
    const display = { name: `FROM ${image.reference}`, location: name.range, source };
    return { vertex: imageVertex(image, display) };
  }

  /** What `--build-context` has for a name; each is looked up once. */
  async #context(
    name: string,
    platform: Platform,
    user: StageSource,
  ): Promise<{ context: NamedContext; use: ContextUse } | undefined> {
    const { namedContext } = this.#options;
    if (namedContext === undefined) return undefined;
    const key = `${formatWithVersion(platform)} ${name}`;
    const found = this.#contexts.get(key) ?? namedContext(name, platform);
    this.#contexts.set(key, found);
    const context = await found;
    return context && { context, use: { name, platform, vertices: this.#verticesOf(user) } };
  }

  #stepNames(source: StageSource): StepNames {
    const { label, showPlatform = false } = this.#options;
    const stage = source.name ?? (this.#staged.stages.length === 1 ? undefined : `stage-${source.index}`);
    return new StepNames({ label, showPlatform, stage, total: source.instructions.filter(isStep).length });
  }
}

/** Triggers of an image or of another target fire, as those of any base. */
function onBuildOf(context: NamedContext): readonly string[] | undefined {
  if (context.kind === 'image') return context.image.config.config?.OnBuild;
  return context.kind === 'plan' ? context.plan.config.OnBuild : undefined;
}

/** What a stage begins with. */
interface Base extends Omit<ObservedStage, 'source'> {
  stage: Stage;
  triggers: Trigger[];
}

/** Where an instruction stands. */
interface InstructionPlace {
  stage: Stage;
  user: StageSource;
  /** The build file, or the text of a trigger. */
  source: SourceFile;
  names: StepNames;
  /** Before the instruction on screen. */
  prefix: string;
}

/** Where the name of an image or stage stands, and in which stage it is used. */
interface ImageUse {
  word: Word;
  user: StageSource;
  source: SourceFile;
}

/** The names of the stages and images that an instruction reads. */
function treesOf(instruction: Instruction): string[] {
  if (instruction.kind === 'COPY') return instruction.from === undefined ? [] : [instruction.from.text];
  if (instruction.kind !== 'RUN') return [];
  return instruction.mounts.flatMap(({ fields }) =>
    fields.flatMap(({ key, value }) => (key === 'from' ? (value ?? []) : [])),
  );
}

function isStep(instruction: Instruction): boolean {
  return ['RUN', 'COPY', 'ADD', 'WORKDIR'].includes(instruction.kind);
}

/**
 * What the configuration of the result says it is for: the platform that was asked for, whatever the base was made for;
 * where none was, that of the base.
 */
function resultPlatform({ platform }: Stage, { targetPlatform: target, platformGiven }: PlanOptions): Platform {
  if (!platformGiven) return normalizePlatform(platform);
  const isSame = platform.os === target.os && platform.architecture === target.architecture;
  return normalizePlatform(isSame ? { ...platform, ...target } : target);
}
