import { posix } from 'node:path';
import type { ArgInstruction, BuildFile, Instruction, Mount } from '../../grammar/index.ts';
import { resolveMount } from '../../grammar/mount/resolve.ts';
import { expand } from '../../grammar/words.ts';
import type { SourceRange } from '../base/source.ts';
import {
  type ArgumentOptions,
  automaticArguments,
  type ExpandAt,
  expandWord,
  globalArguments,
  passedArgument,
  type Variables,
} from './arguments.ts';
import { descriptionOf } from './lint/description.ts';
import { type StagedFile, type StageSource, splitStages, stageByName, targetStage } from './stages.ts';

export interface OutlineArgument {
  name: string;
  value: string | undefined;
  /** From a comment `# name description` above the ARG. */
  description: string | undefined;
  location: SourceRange;
}

export interface OutlineMount {
  name: string;
  required: boolean;
  location: SourceRange;
}

/** What a build of a target can be given. */
export interface Outline {
  name: string | undefined;
  description: string | undefined;
  args: OutlineArgument[];
  secrets: OutlineMount[];
  ssh: OutlineMount[];
  caches: OutlineMount[];
}

/**
 * Lists the arguments, secrets, ssh agents and caches of a target and of the stages that it needs, each once, in the
 * order of the file. Looks at the file alone: variables that only a base image sets are empty in the values.
 */
export function outlineOf(file: BuildFile, options: ArgumentOptions): Outline {
  const staged = splitStages(file);
  const target = targetStage(staged, options.target);
  const needed = new Outliner(staged, options).needed(target);
  const list = <T extends { name: string; location: SourceRange }>(part: (stage: StageOutline) => T[]): T[] => {
    const byName = new Map(
      needed
        .flatMap(part)
        .reverse()
        .map((item) => [item.name, item]),
    );
    return [...byName.values()].sort((a, b) => a.location.start.offset - b.location.start.offset);
  };
  const mounts = (type: Mount['type']) => list((stage) => stage.mounts.filter((mount) => mount.type === type));
  return {
    name: target.name,
    description: target.name && descriptionOf(target.from, target.name),
    args: list((stage) => stage.args),
    secrets: mounts('secret'),
    ssh: mounts('ssh'),
    caches: mounts('cache'),
  };
}

interface StageOutline {
  args: OutlineArgument[];
  mounts: (OutlineMount & { type: Mount['type'] })[];
  variables: Map<string, string>;
  needs: StageSource[];
}

interface GlobalArgument extends OutlineArgument {
  /** The names that its default is made of. */
  needs: string[];
}

class Outliner {
  readonly #staged: StagedFile;
  readonly #options: ArgumentOptions;
  readonly #values: Variables;
  readonly #globals: ReadonlyMap<string, GlobalArgument>;
  readonly #outlines = new Map<number, StageOutline>();

  constructor(staged: StagedFile, options: ArgumentOptions) {
    this.#staged = staged;
    this.#options = options;
    this.#values = globalArguments(staged.globalArgs, options, automaticArguments(options), this.#at);
    this.#globals = new Map(staged.globalArgs.flatMap((each) => this.#declared(each)).map((each) => [each.name, each]));
  }

  get #at(): ExpandAt {
    return { source: this.#staged.source, escape: this.#staged.file.directives.escape };
  }

  /** A stage and all that it needs, itself first. */
  needed(stage: StageSource, seen = new Set<number>()): StageOutline[] {
    if (seen.has(stage.index)) return [];
    seen.add(stage.index);
    const outline = this.#outline(stage);
    return [outline, ...outline.needs.flatMap((other) => this.needed(other, seen))];
  }

  #declared(instruction: ArgInstruction): GlobalArgument[] {
    return instruction.args.map(({ name: { text: name }, value, range }) => ({
      name,
      value: this.#values.get(name),
      description: descriptionOf(instruction, name),
      location: range,
      needs: value === undefined ? [] : this.#used(value.text),
    }));
  }

  #used(word: string): string[] {
    return expand(word, (name) => this.#values.get(name), { escape: this.#at.escape }).used;
  }

  #outline(stage: StageSource): StageOutline {
    const known = this.#outlines.get(stage.index);
    if (known !== undefined) return known;
    const above = this.#staged.stages.slice(0, stage.index);
    const parent = stageByName(above, expandWord(stage.from.image, this.#values, this.#at));
    const variables = new Map(parent && this.#outline(parent).variables);
    const outline: StageOutline = { args: [], mounts: [], variables, needs: parent === undefined ? [] : [parent] };
    this.#outlines.set(stage.index, outline);
    for (const instruction of stage.instructions) this.#visit(instruction, outline, above);
    const { image, platform } = stage.from;
    const names = [image, platform].flatMap((word) => (word === undefined ? [] : this.#used(word.text)));
    outline.args.push(...names.flatMap((name) => this.#globalsBehind(name)));
    return outline;
  }

  /** A global argument with those that its default is made of. */
  #globalsBehind(name: string, seen = new Set<string>()): OutlineArgument[] {
    const global = this.#globals.get(name);
    if (global === undefined || seen.has(name)) return [];
    seen.add(name);
    const { needs, ...argument } = global;
    return [argument, ...needs.flatMap((other) => this.#globalsBehind(other, seen))];
  }

  #visit(instruction: Instruction, outline: StageOutline, above: readonly StageSource[]): void {
    const { variables } = outline;
    if (instruction.kind === 'ARG') this.#visitArg(instruction, outline);
    else if (instruction.kind === 'ENV') {
      const pairs = instruction.pairs.map(({ key, value }) =>
        [key, value].map((w) => expandWord(w, variables, this.#at)),
      );
      for (const [name = '', value = ''] of pairs) variables.set(name, value);
    } else if (instruction.kind === 'COPY' && instruction.from !== undefined) {
      this.#need(instruction.from.text, outline, above);
    } else if (instruction.kind === 'RUN') {
      for (const spec of instruction.mounts) {
        const lookup = (name: string) => variables.get(name);
        const mount = resolveMount(spec, (word) => expand(word, lookup, { escape: this.#at.escape }).value);
        if ('from' in mount && mount.from !== undefined) this.#need(mount.from, outline, above);
        const name = nameOf(mount);
        const required = 'required' in mount && mount.required;
        if (name !== undefined) outline.mounts.push({ type: mount.type, name, required, location: mount.range });
      }
    }
  }

  #visitArg(instruction: ArgInstruction, { args, variables }: StageOutline): void {
    for (const { name: word, value: fallback, range } of instruction.args) {
      const name = word.text;
      const own = passedArgument(this.#options, name) ?? (fallback && expandWord(fallback, variables, this.#at));
      const value = own ?? this.#values.get(name);
      if (value !== undefined) variables.set(name, value);
      if (own === undefined && this.#values.has(name)) args.push(...this.#globalsBehind(name));
      else args.push({ name, value, description: descriptionOf(instruction, name), location: range });
    }
  }

  #need(name: string, { needs }: StageOutline, above: readonly StageSource[]): void {
    const stage = stageByName(above, name) ?? (/^\d+$/.test(name) ? above[Number(name)] : undefined);
    if (stage !== undefined) needs.push(stage);
  }
}

function nameOf(mount: Mount): string | undefined {
  switch (mount.type) {
    case 'secret':
      return mount.id ?? (mount.target && posix.basename(mount.target));
    case 'ssh':
      return mount.id ?? 'default';
    case 'cache':
      return mount.id ?? mount.target;
    default:
      return undefined;
  }
}
