import { existsSync } from 'node:fs';
import yargs, { type ArgumentsCamelCase, type Argv } from 'yargs';
import packageJson from '../../package.json' with { type: 'json' };
import { exitCodeOf, TsbuildError, toTsbuildError } from '../base/error.ts';
import { suggest } from '../base/suggest.ts';
import type { Section } from '../config/option-table.ts';
import { COMMANDS_DIALECT, plainArguments, runDialect } from './arguments.ts';
import { buildCommand } from './commands/build.ts';
import { COMMANDS } from './commands/index.ts';
import { flagNames, RUN_COMMANDS } from './commands/run.ts';
import { GLOBAL_OPTIONS, knownOptions } from './options.ts';
import { reportError } from './report-error.ts';
import { Settings } from './settings.ts';
import { usageError } from './usage-error.ts';

/** What a command module of this folder looks like to the program; its own arguments are its own business. */
interface Command {
  command: string | readonly string[];
  describe: string;
  builder: (yargs: Argv) => unknown;
  /** The section of the files of settings that has defaults for its options. */
  settings?: Section | undefined;
  /** Options whose default no file changes. */
  fixed?: readonly string[] | undefined;
  /** The letters of its options that take a value, where those of builds would mislead. */
  valued?: string | undefined;
  /** The exit code. */
  handler: (argv: never) => Promise<number>;
}

/** Runs one command line and returns the exit code of the process. */
export async function main(given: readonly string[]): Promise<number> {
  const args = commandFirst(given);
  let code = 0;
  const remember = (result: number) => {
    code = result;
  };
  try {
    refuseMistypedCommand(args[0]);
    if (args[0] === 'supervise' && args.length === 2) return await supervise(args[1] as string);
    if (args[0] === 'complete' && args[1] === '--') return await completeWords(args.slice(2));
    const settings = await settingsFor(args);
    const program = programFor(args, { remember, settings });
    if (args.length === 0) {
      program.showHelp('log');
      return 0;
    }
    await parse(program, args, settings);
    return code;
  } catch (error) {
    reportError(error);
    return args[0] === 'run' ? CANNOT_RUN : exitCodeOf(toTsbuildError(error).code);
  }
}

/** `run --root DIR IMAGE` of `--root DIR run IMAGE`: what comes behind the image is the container's in either. */
function commandFirst(args: readonly string[]): readonly string[] {
  const [option = '', value] = args;
  const leading = option === '--root' && value !== undefined ? 2 : option.startsWith('--root=') ? 1 : 0;
  const word = args[leading];
  if (leading === 0 || word === undefined || commandNamed(word) === undefined) return args;
  return [word, ...args.slice(0, leading), ...args.slice(leading + 1)];
}

/** What yargs refuses it throws at once, or later. */
async function parse(program: Argv, args: readonly string[], settings: Settings): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    throw settings.located(error, args);
  }
}

/** What a command is carried out with. */
interface Running {
  remember: (code: number) => void;
  settings: Settings;
}

/** What docker's `run` ends with where the failure is not that of the container. */
const CANNOT_RUN = 125;

const ALL_COMMANDS: readonly Command[] = [...COMMANDS.slice(0, 1), ...RUN_COMMANDS, ...COMMANDS.slice(1)];

/** What reads this command line. Only for a reader of help, and for options before the first word, are all commands in it. */
function programFor(args: readonly string[], running: Running): Argv {
  const [word = '', ...rest] = args;
  const passing = RUN_COMMANDS.find((command) => namesOf(command).includes(word));
  if (passing !== undefined) {
    return runProgram(passing, plainArguments(rest, runDialect(flagNames(passing.options))), running);
  }
  const command = commandNamed(word);
  const plain = plainArguments(args, command?.valued === undefined ? COMMANDS_DIALECT : { valued: command.valued });
  if (word === '' || word.startsWith('-') || asksForHelp(plain)) return commandsProgram(plain, running);
  return oneCommandProgram(command ?? buildCommand, command === undefined ? plain : plain.slice(1), running);
}

/** A broken file of settings is in nobody's way who asks for help. Without a command it is a build. */
async function settingsFor(args: readonly string[]): Promise<Settings> {
  const command = commandNamed(args[0] ?? '') ?? buildCommand;
  const ours = RUN_COMMANDS.some((passing) => passing === command) ? args.slice(0, 2) : args;
  if (args.length === 0 || ours.some((arg) => ['--version', '--help', '-h'].includes(arg))) return Settings.NONE;
  return command.settings === undefined ? Settings.NONE : Settings.of(command.settings);
}

function commandNamed(word: string): Command | undefined {
  return ALL_COMMANDS.find((command) => namesOf(command).includes(word));
}

/** As yargs sees it: `--help`, `-h` also among other letters, and a last word `help`. */
function asksForHelp(args: readonly string[]): boolean {
  return args.at(-1) === 'help' || args.some((arg) => /^(--help|-[^-]*h)/.test(arg));
}

/** What `run -d` starts; no command for people. */
async function supervise(id: string): Promise<number> {
  return (await import('./detached.ts')).superviseAction({ id });
}

/** What shells ask; no command for people. */
async function completeWords(words: readonly string[]): Promise<number> {
  process.stdout.write(await (await import('./complete-action.ts')).complete(words, ALL_COMMANDS));
  return 0;
}

/** `images` of `images`, `rmi` of `rmi <image..>`. */
function namesOf({ command }: Command): string[] {
  return [command].flat().map((line) => line.split(' ', 1)[0] as string);
}

/** A word that is no path is the directory to build from, and more often a command with a letter wrong. */
function refuseMistypedCommand(word = ''): void {
  const names = ALL_COMMANDS.flatMap(namesOf).filter((name) => name !== '$0');
  if (!/^[a-z]+$/.test(word) || names.includes(word) || existsSync(word)) return;
  const near = suggest(word, names);
  if (near === undefined) return;
  throw new TsbuildError('USAGE', `${word} is neither a command nor a directory`, { hint: `did you mean ${near}?` });
}

function commandsProgram(args: readonly string[], running: Running): Argv {
  let program = common({ args, name: 'tsbuild', command: commandNamed(args[0] ?? '') })
    .usage(
      'tsbuild: builds images from Dockerfiles, without a daemon\n\nUsage: $0 [build] [OPTIONS] PATH\n   or: $0 COMMAND',
    )
    .version('version', 'Show the version', `tsbuild ${packageJson.version}`);
  for (const command of ALL_COMMANDS) program = register(program, command, running);
  return program.strict();
}

/**
 * The same for a command line whose command is known. To yargs it is the default command: of any other one it lays out
 * the whole help before the command runs, which takes longer than many a command.
 */
function oneCommandProgram(command: Command, args: readonly string[], running: Running): Argv {
  const program = common({ args, name: 'tsbuild', command }).version('version', '', `tsbuild ${packageJson.version}`);
  return register(program, asDefault(command), running).strict();
}

/** What follows the first word belongs to the container: parsing stops there. */
function runProgram(command: Command, args: readonly string[], running: Running): Argv {
  const program = common({ args, name: `tsbuild ${namesOf(command)[0]}`, command });
  return register(
    program.parserConfiguration({ ...PARSER, 'halt-at-non-option': true }),
    asDefault(command),
    running,
  ).strictOptions();
}

/** `$0 <image..>` of `rmi <image..>`. */
function asDefault(command: Command): Command {
  return { ...command, command: lineOf(command).replace(/^\S+/, '$0') };
}

/** How the command is written in the help. */
function lineOf({ command }: Command): string {
  return [command].flat()[0] as string;
}

/** Options mean what they mean for docker: `--no-cache` is no negation, `-t a .` takes one value, `1.10` is a text. */
const PARSER = {
  'boolean-negation': false,
  'dot-notation': false,
  'greedy-arrays': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'duplicate-arguments-array': true,
};

interface CommandLine {
  args: readonly string[];
  /** How the program is called: `tsbuild`, or with its command. */
  name: string;
  /** Undefined where no word names one. */
  command: Command | undefined;
}

function common({ args, name, command }: CommandLine): Argv {
  const program = yargs([...args])
    .scriptName(name)
    .parserConfiguration(PARSER)
    .options(GLOBAL_OPTIONS)
    .help()
    .alias('help', 'h')
    .version(false)
    .wrap(Math.min(process.stdout.columns || DEFAULT_WIDTH, MAX_WIDTH))
    .exitProcess(false)
    .fail((message, error) => {
      if (error !== undefined && error.name !== 'YError') throw error;
      throw usageError(error?.message ?? message, program, { args, name, line: command && lineOf(command) });
    });
  return program;
}

const DEFAULT_WIDTH = 100;
const MAX_WIDTH = 120;

function register(program: Argv, command: Command, { remember, settings }: Running): Argv {
  const hasSettings = command.settings !== undefined && command.settings === settings.section;
  return program.command({
    command: command.command,
    describe: command.describe,
    builder: (yargs: Argv) => {
      const built = command.builder(yargs) as Argv;
      if (!hasSettings) return built;
      const open = Object.keys(knownOptions(built)).filter((name) => !command.fixed?.includes(name));
      return built.config(settings.whole(open));
    },
    handler: async (argv: ArgumentsCamelCase) =>
      remember(await command.handler((hasSettings ? settings.complete(argv) : argv) as never)),
  });
}
