import { existsSync } from 'node:fs';
import yargs, { type ArgumentsCamelCase, type Argv } from 'yargs';
import packageJson from '../../package.json' with { type: 'json' };
import { exitCodeOf, TsbuildError, toTsbuildError } from '../base/error.ts';
import { suggest } from '../base/suggest.ts';
import { COMMANDS_DIALECT, plainArguments, runDialect } from './arguments.ts';
import { COMMANDS } from './commands/index.ts';
import { flagNames, RUN_COMMANDS } from './commands/run.ts';
import { GLOBAL_OPTIONS } from './options.ts';
import { reportError } from './report-error.ts';
import { usageError } from './usage-error.ts';

/** What a command module of this folder looks like to the program; its own arguments are its own business. */
interface Command {
  command: string | readonly string[];
  describe: string;
  builder: (yargs: Argv) => unknown;
  /** The letters of its options that take a value, where those of builds would mislead. */
  valued?: string | undefined;
  /** The exit code. */
  handler: (argv: never) => Promise<number>;
}

/** Runs one command line and returns the exit code of the process. */
export async function main(args: readonly string[]): Promise<number> {
  let code = 0;
  const remember = (result: number) => {
    code = result;
  };
  const passing = RUN_COMMANDS.find((command) => namesOf(command).includes(args[0] ?? ''));
  try {
    refuseMistypedCommand(args[0]);
    if (args[0] === 'supervise' && args.length === 2) return await supervise(args[1] as string);
    const program =
      passing === undefined
        ? commandsProgram(plainArguments(args, dialectOf(args[0])), remember)
        : runProgram(passing, plainArguments(args.slice(1), runDialect(flagNames(passing.options))), remember);
    if (args.length === 0) {
      program.showHelp('log');
      return 0;
    }
    await program.parseAsync();
    return code;
  } catch (error) {
    reportError(error);
    return args[0] === 'run' ? CANNOT_RUN : exitCodeOf(toTsbuildError(error).code);
  }
}

/** What docker's `run` ends with where the failure is not that of the container. */
const CANNOT_RUN = 125;

const ALL_COMMANDS: readonly Command[] = [...COMMANDS.slice(0, 1), ...RUN_COMMANDS, ...COMMANDS.slice(1)];

function dialectOf(word = ''): typeof COMMANDS_DIALECT {
  const valued = ALL_COMMANDS.find((command) => namesOf(command).includes(word))?.valued;
  return valued === undefined ? COMMANDS_DIALECT : { valued };
}

/** What `run -d` starts; no command for people. */
async function supervise(id: string): Promise<number> {
  return (await import('./detached.ts')).superviseAction({ id });
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

function commandsProgram(args: readonly string[], remember: (code: number) => void): Argv {
  let program = common(args, 'tsbuild')
    .usage(
      'tsbuild: builds images from Dockerfiles, without a daemon\n\nUsage: $0 [build] [OPTIONS] PATH\n   or: $0 COMMAND',
    )
    .version('version', 'Show the version', `tsbuild ${packageJson.version}`);
  for (const command of ALL_COMMANDS) program = register(program, command, remember);
  return program.strict();
}

/** What follows the first word belongs to the container: parsing stops there. */
function runProgram(command: Command, args: readonly string[], remember: (code: number) => void): Argv {
  const [name = '', rest = ''] = [command.command].flat()[0]?.split(/ (.*)/) ?? [];
  const program = common(args, `tsbuild ${name}`).parserConfiguration({ ...PARSER, 'halt-at-non-option': true });
  return register(program, { ...command, command: `$0 ${rest}` }, remember).strictOptions();
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

function common(args: readonly string[], name: string): Argv {
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
      const used = ALL_COMMANDS.find((command) => namesOf(command).includes(args[0] ?? ''));
      throw usageError(error?.message ?? message, program, { args, name, line: used && [used.command].flat()[0] });
    });
  return program;
}

const DEFAULT_WIDTH = 100;
const MAX_WIDTH = 120;

function register(program: Argv, command: Command, remember: (code: number) => void): Argv {
  return program.command({
    command: command.command,
    describe: command.describe,
    builder: (yargs: Argv) => command.builder(yargs) as Argv,
    handler: async (argv: ArgumentsCamelCase) => remember(await command.handler(argv as never)),
  });
}
