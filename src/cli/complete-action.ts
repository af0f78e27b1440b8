import yargs, { type Argv } from 'yargs';
import { listTargets, loadBake } from '../bake/index.ts';
import { TsbuildError, TsbuildErrors } from '../base/error.ts';
import type { ContainerSpec } from '../containers/spec.ts';
import { BuildJournals } from '../journal/builds.ts';
import { familiarName, parseReference } from '../oci/reference.ts';
import type { Store } from '../store/open.ts';
import { selectionOptionsOf } from './bake-options.ts';
import { withStore } from './open.ts';
import { GLOBAL_OPTIONS } from './options.ts';

export interface CompletedCommand {
  command: string | readonly string[];
  describe: string;
  builder: (yargs: Argv) => unknown;
}

interface Candidate {
  value: string;
  describe: string;
}

/** Names of files fit. */
const FILES: Candidate = { value: ':files', describe: '' };

/** What can stand in the place of the last word, a line for each. What is wrong with a bake file is not said here. */
export async function complete(words: readonly string[], commands: readonly CompletedCommand[]): Promise<string> {
  const candidates = await candidatesFor(words, commands);
  return candidates
    .map(({ value, describe }) => `${value}${describe === '' ? '' : `\t${describe.replace(/\s+/g, ' ')}`}\n`)
    .join('');
}

async function candidatesFor(words: readonly string[], commands: readonly CompletedCommand[]): Promise<Candidate[]> {
  const [first = '', ...rest] = words;
  if (words.length <= 1 && !first.startsWith('-')) return [...commands.flatMap(commandNames), FILES];
  const named = commands.find((command) => linesOf(command).some((line) => line.split(' ', 1)[0] === first));
  const command = named ?? (commands[0] as CompletedCommand);
  const options = optionsOf(command);
  const typed = named === undefined ? words : rest;
  const current = typed.at(-1) ?? '';
  const before = typed.at(-2) ?? '';
  const [assigned] = /^--[\w-]+(?==)/.exec(current) ?? [];
  if (assigned !== undefined)
    return valuesOf(options, assigned).map((each) => ({ ...each, value: `${assigned}=${each.value}` }));
  if (current.startsWith('-'))
    return options.names.map((name) => ({ value: `--${name}`, describe: options.describe(name) }));
  if (before.startsWith('-') && !before.includes('=') && options.takesValue(before)) return valuesOf(options, before);
  return positionalCandidates(command, typed, options);
}

function linesOf({ command }: CompletedCommand): string[] {
  return [command].flat();
}

function commandNames(command: CompletedCommand): Candidate[] {
  const names = linesOf(command).map((line) => line.split(' ', 1)[0] as string);
  return names.filter((name) => name !== '$0').map((value) => ({ value, describe: command.describe }));
}

interface KnownOptions {
  /** Long names. */
  names: readonly string[];
  describe: (name: string) => string;
  choices: (name: string) => readonly string[];
  takesValue: (word: string) => boolean;
}

/** What yargs knows of the options of a command; it has no other way to ask. */
function optionsOf(command: CompletedCommand): KnownOptions {
  const program = yargs([]).options(GLOBAL_OPTIONS);
  command.builder(program);
  const inner = program as unknown as {
    getOptions(): {
      key: Record<string, unknown>;
      alias: Record<string, string[]>;
      boolean: string[];
      choices: Record<string, string[]>;
    };
    getInternalMethods(): { getUsageInstance(): { getDescriptions(): Record<string, string | undefined> } };
  };
  const { key, alias, boolean, choices } = inner.getOptions();
  const descriptions = inner.getInternalMethods().getUsageInstance().getDescriptions();
  const positional = new Set(
    [
      ...linesOf(command)
        .join(' ')
        .matchAll(/[<[](\w+)/g),
    ].map(([, name]) => name),
  );
  const aliasOf = (name: string) => [
    name,
    ...(alias[name] ?? []),
    ...Object.keys(alias).filter((long) => alias[long]?.includes(name)),
  ];
  return {
    names: [
      ...Object.keys(key).filter((name) => name.length > 1 && !positional.has(name) && name !== 'version'),
      'help',
    ]
      .filter((name, index, all) => all.indexOf(name) === index)
      .sort(),
    describe: (name) => descriptions[name]?.replace('__yargsString__:', '') ?? '',
    choices: (name) => choices[name] ?? [],
    takesValue: (word) =>
      !aliasOf(word.replace(/^-+/, '').slice(word.startsWith('--') ? 0 : -1)).some(
        (name) => boolean.includes(name) || name === 'help',
      ),
  };
}

/** Values of options that no list of choices has. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  network: ['default', 'none', 'host'],
  call: ['check', 'outline', 'targets'],
  output: ['type=image', 'type=oci,dest=', 'type=docker,dest=', 'type=tar,dest=', 'type=local,dest='],
  list: ['targets', 'variables'],
  platform: ['linux/amd64', 'linux/arm64'],
};

function valuesOf({ choices }: KnownOptions, word: string): Candidate[] {
  const name = word.replace(/^-+/, '');
  const known = [...choices(name), ...(VALUES[name] ?? [])];
  return known.length === 0 ? [FILES] : known.map((value) => ({ value, describe: '' }));
}

/** By what the command calls the word: `<container..>`, `[targets..]`. */
async function positionalCandidates(
  command: CompletedCommand,
  typed: readonly string[],
  options: KnownOptions,
): Promise<Candidate[]> {
  const places = [...(linesOf(command)[0] ?? '').matchAll(/[<[](\w+)(\.\.)?[>\]]/g)];
  const words = typed.filter((word, index) => !word.startsWith('-') && !takenBefore(typed, index, options));
  const at = Math.max(words.length - 1, 0);
  const [, name = ''] = places[at] ?? (places.at(-1)?.[2] === undefined ? [] : (places.at(-1) as RegExpExecArray));
  const choices = options.choices(name);
  if (choices.length > 0) return choices.map((value) => ({ value, describe: '' }));
  if (name === 'targets')
    return [...(await bakeTargets(typed)), ...(linesOf(command)[0]?.startsWith('graph') ? [FILES] : [])];
  const listed = STORED[name];
  if (listed === undefined) return places.length === 0 ? [] : [FILES];
  return fromStore(listed);
}

function takenBefore(typed: readonly string[], index: number, options: KnownOptions): boolean {
  const before = typed[index - 1] ?? '';
  return before.startsWith('-') && !before.includes('=') && options.takesValue(before);
}

const STORED: Readonly<Record<string, (store: Store) => Candidate[]>> = {
  container: containersOf,
  image: imagesOf,
  source: imagesOf,
  name: (store) => [...imagesOf(store), ...containersOf(store)],
  id: (store) => new BuildJournals(store.layout).ids().map((value) => ({ value, describe: 'build' })),
};

function imagesOf({ images }: Store): Candidate[] {
  return images
    .list()
    .flatMap(({ reference }) =>
      reference === undefined ? [] : [{ value: familiarName(parseReference(reference)), describe: 'image' }],
    );
}

function containersOf({ containers }: Store): Candidate[] {
  return (containers.list() as ContainerSpec[]).map(({ name, image }) => ({ value: name, describe: image.name }));
}

async function fromStore(list: (store: Store) => Candidate[]): Promise<Candidate[]> {
  let found: Candidate[] = [];
  await withStore({}, async (store) => {
    found = list(store);
    return 0;
  });
  return found;
}

async function bakeTargets(typed: readonly string[]): Promise<Candidate[]> {
  const file = typed.flatMap((word, index) => (['-f', '--file'].includes(typed[index - 1] ?? '') ? [word] : []));
  try {
    const { config } = await loadBake(selectionOptionsOf({ file: file.length === 0 ? undefined : file }, process.env));
    return listTargets(config).map(({ name, description = '' }) => ({ value: name, describe: description }));
  } catch (error) {
    if (error instanceof TsbuildError || error instanceof TsbuildErrors) return [];
    throw error;
  }
}
