import yargs, { type ArgumentsCamelCase, type Argv } from 'yargs';
import { exitCodeOf, TsbuildError, toTsbuildError } from '../base/error.ts';
import { COMMANDS } from './commands/index.ts';
import { runCommand } from './commands/run.ts';
import { GLOBAL_OPTIONS } from './options.ts';
import { reportError } from './report-error.ts';

/** What a command module of this folder looks like to the program; its own arguments are its own business. */
interface Command {
  command: string | readonly string[];
  describe: string;
  builder: (yargs: Argv) => unknown;
  /** The exit code. */
  handler: (argv: never) => Promise<number>;
}

/** Runs one command line and returns the exit code of the process. */
export async function main(args: readonly string[]): Promise<number> {
  let code = 0;
  const remember = (result: number) => {
    code = result;
  };
  try {
    const program = args[0] === 'run' ? runProgram(args.slice(1), remember) : commandsProgram(args, remember);
    await program.parseAsync();
    return code;
  } catch (error) {
    reportError(error);
    return args[0] === 'run' ? CANNOT_RUN : exitCodeOf(toTsbuildError(error).code);
  }
}

/** What docker's `run` ends with where the failure is not that of the container. */
const CANNOT_RUN = 125;

function commandsProgram(args: readonly string[], remember: (code: number) => void): Argv {
  let program = common(args, 'tsbuild').usage(
    'tsbuild: builds images from Dockerfiles, without a daemon\n\nUsage: $0 [build] [OPTIONS] PATH\n       $0 COMMAND',
  );
  for (const command of [...COMMANDS, runCommand]) program = register(program, command, remember);
  return program.strictOptions();
}

/** What follows the image belongs to the container: parsing stops there. */
function runProgram(args: readonly string[], remember: (code: number) => void): Argv {
  const program = common(args, 'tsbuild run').parserConfiguration({ ...PARSER, 'halt-at-non-option': true });
  return register(program, { ...runCommand, command: '$0 [image] [command..]' }, remember).strictOptions();
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
  return yargs([...args])
    .scriptName(name)
    .parserConfiguration(PARSER)
    .options(GLOBAL_OPTIONS)
    .help()
    .alias('help', 'h')
    .version(false)
    .wrap(Math.min(process.stdout.columns || DEFAULT_WIDTH, MAX_WIDTH))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new TsbuildError('USAGE', message, { hint: `\`${name} --help\` lists what there is` });
    });
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
