import type { BuildFile, Instruction, Word } from '../../grammar/index.ts';
import { TsbuildError, TsbuildErrors } from '../base/error.ts';
import type { SourceFile } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import type { Display } from '../graph/vertex.ts';
import { formatPlatform, parsePlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/types.ts';
import { automaticArguments, expandWord, globalArguments, unusedArguments, type Variables } from './arguments.ts';
import { type ContextUse, stageFromContext, treeFromContext } from './context-stage.ts';
import { type ConvertContext, errorAt, type FromTree } from './convert/context.ts';
import { convertInstruction } from './convert/index.ts';
import { imagePlatform, imageVertex } from './image-vertex.ts';
import type { ObservedStage, PlanObserver } from './observer.ts';
import type { NamedContext, PlanOptions, ResolvedImage } from './plan-types.ts';
import { type Stage, type StageVertices, stageFromImage, stageFromScratch, stageFromStage } from './stage.ts';
import { type StagedFile, type StageSource, splitStages, stageByName, targetStage } from './stages.ts';

/** Plans the target stage of a build file: a graph of vertices, and the configuration of the image. */
export async function planImage(file: BuildFile, options: PlanOptions, observer?: PlanObserver): Promise<ImagePlan> {
  const staged = splitStages(file);
  const target = targetStage(staged, options.target);
  const planner = new Planner(staged, options, observer);
  const stage = await planner.convert(target);
  warnOfUnusedArguments(staged, planner.triggerArguments, options);
  return {
    rootfs: stage.rootfs,
    platform: stage.platform,
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
    const named = source.name === undefined ? undefined : await this.#context(source.name, this.#platformOf(source));
    if (named !== undefined) return stageFromContext(named.context, named.use);
    this.#resolveAhead(source);
    const { stage, triggers, steps = 0, ...origin } = await this.#base(source);
    this.#observer?.stage({ source, ...origin });
    const instructions = [...triggers.flatMap((trigger) => trigger.instructions), ...source.instructions];
    const display = this.#displays(source, instructions, steps);
    for (const { source: text, instructions: fired } of triggers) {
      for (const name of fired.flatMap(declaredNames)) this.triggerArguments.add(name);
      for (const instruction of fired) await this.#convertOne(instruction, source, stage, text, display);
    }
    for (const instruction of source.instructions) {
      await this.#convertOne(instruction, source, stage, this.#staged.source, display);
    }
    return stage;
  }

  async #convertOne(
    instruction: Instruction,
    from: StageSource,
    stage: Stage,
    source: SourceFile,
    display: (instruction: Instruction, source: SourceFile) => Display,
  ): Promise<void> {
    const observed = { instruction, stage, from, source, escape: this.#at.escape };
    this.#observer?.instruction(observed);
    const context: ConvertContext = {
      stage,
      source,
      escape: observed.escape,
      unset: (word, names) => this.#observer?.unset(observed, word, names),
      options: this.#options,
      globals: this.#globals,
      display: (step) => display(step, source),
      resolveFrom: (name) => this.#resolveFrom({ word: name, user: from, source }, stage.platform),
    };
    await convertInstruction(instruction, context).catch((error) => this.#tolerate(error));
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

  /** What FROM gives; `steps` is 1 where it is a step itself: scratch and the stages above have nothing to fetch. */
  async #base(source: StageSource): Promise<Base> {
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
    const vertices = this.#vertices;
    const parent = stageByName(this.#staged.stages.slice(0, source.index), name);
    if (parent !== undefined) {
      const stage = await this.convert(parent);
      return { parent, stage: stageFromStage(stage, vertices), triggers: await triggersOf(stage.config.OnBuild, name) };
    }
    if (name === 'scratch') return { stage: stageFromScratch(platform, vertices), triggers: [] };
    const named = await this.#context(name, platform);
    if (named !== undefined) {
      const stage = stageFromContext(named.context, named.use);
      return { stage, triggers: await triggersOf(onBuildOf(named.context), name) };
    }
    const image = await this.#image(name, platform, { word: from.image, user: source, source: this.#staged.source });
    const shown = `${this.#stagePrefix(source)}FROM ${image.reference}`;
    const vertex = imageVertex(image, { name: shown, location: from.range, source: this.#staged.source });
    const stage = stageFromImage(image, vertex, imagePlatform(image, platform), vertices);
    const triggers = await triggersOf(image.config.config?.OnBuild, image.reference);
    return { stage, triggers, steps: 1, base: { name, image, platform } };
  }

  #platformOf(source: StageSource): Platform {
    const word = source.from.platform;
    if (word === undefined) return this.#options.targetPlatform;
    const text = expandWord(word, this.#globals, this.#at);
    try {
      return text === '' ? this.#options.targetPlatform : parsePlatform(text);
    } catch (error) {
      throw error instanceof TsbuildError ? error.at(word.range, this.#staged.source) : error;
    }
  }

  async #image(name: string, platform: Platform, use: ImageUse): Promise<ResolvedImage> {
    const key = `${formatPlatform(platform)} ${name}`;
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

  async #resolveFrom({ word: name, user, source }: ImageUse, platform: Platform): Promise<FromTree> {
    const stage = this.#earlierStage(name.text, user);
    const named = await this.#context(
      stage?.name ?? name.text,
      stage === undefined ? platform : this.#platformOf(stage),
    );
    if (named !== undefined) return treeFromContext(named.context, named.use);
    if (stage !== undefined) return { vertex: (await this.convert(stage)).rootfs };
    if (/^\d+$/.test(name.text)) {
      throw errorAt({ source }, name.range, 'INVALID', `--from=${name.text}: there is no stage of that number above`);
    }
    const use = { word: name, user, source };
    const later = this.#laterStage(name.text, use);
    if (later !== undefined) throw later;
    const image = await this.#image(name.text, platform, use);
    const display = { name: `FROM ${image.reference}`, location: name.range, source };
    return { vertex: imageVertex(image, display) };
  }

  get #vertices(): StageVertices {
    const { scope, noCache: ignoreCache } = this.#options;
    return { scope, ignoreCache };
  }

  /** What `--build-context` has for a name; each is looked up once. */
  async #context(name: string, platform: Platform): Promise<{ context: NamedContext; use: ContextUse } | undefined> {
    const { namedContext } = this.#options;
    if (namedContext === undefined) return undefined;
    const key = `${formatPlatform(platform)} ${name}`;
    const found = this.#contexts.get(key) ?? namedContext(name, platform);
    this.#contexts.set(key, found);
    const context = await found;
    return context && { context, use: { name, platform, vertices: this.#vertices } };
  }

  /** Numbers the steps of a stage, as the reference builder does. @param before the steps that FROM is */
  #displays(source: StageSource, instructions: readonly Instruction[], before: number) {
    const total = before + instructions.filter(isStep).length;
    const label = this.#stageLabel(source);
    let step = before;
    return (instruction: Instruction, text: SourceFile): Display => {
      step++;
      return { name: `[${label}${step}/${total}] ${instruction.text}`, location: instruction.range, source: text };
    };
  }

  #stagePrefix(source: StageSource): string {
    const total = 1 + source.instructions.filter(isStep).length;
    return `[${this.#stageLabel(source)}1/${total}] `;
  }

  #stageLabel({ name, index }: StageSource): string {
    const stage = name ?? (this.#staged.stages.length === 1 ? undefined : `stage-${index}`);
    return [this.#options.label, stage].flatMap((part) => (part === undefined ? [] : `${part} `)).join('');
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
  steps?: number;
}

/** Where the name of an image or stage stands, and in which stage it is used. */
interface ImageUse {
  word: Word;
  user: StageSource;
  source: SourceFile;
}

interface Trigger {
  source: SourceFile;
  instructions: Instruction[];
}

/** The ONBUILD triggers of a parent, as instructions of their own small texts. */
async function triggersOf(texts: readonly string[] = [], parent: string): Promise<Trigger[]> {
  if (texts.length === 0) return [];
  const { parseOnbuild } = await import('../../grammar/index.ts');
  return texts.map((text) => {
    const { instruction, source, errors } = parseOnbuild(text);
    const named = { ...source, name: `ONBUILD of ${parent}` };
    if (errors.length > 0) throw new TsbuildErrors(errors.map((error) => inSource(error, named)));
    return { source: named, instructions: instruction === undefined ? [] : [instruction] };
  });
}

function inSource({ code, message, hint, location }: TsbuildError, source: SourceFile): TsbuildError {
  return new TsbuildError(code, message, { hint, location, source });
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
