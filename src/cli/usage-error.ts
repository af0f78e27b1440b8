import type { Argv } from 'yargs';
import { TsbuildError } from '../base/error.ts';
import { suggest } from '../base/suggest.ts';
import { dockerOption } from './docker-options.ts';
import { knownOptions } from './options.ts';

/** What the reader can look at next. */
interface Usage {
  args: readonly string[];
  /** How the program was called: `tsbuild`, or with its command. */
  name: string;
  /** The command's line in the help, e.g. `tag <source> <target>`; undefined without a command. */
  line: string | undefined;
}

/** The error for a command line that yargs refuses, in our words. */
export function usageError(message: string, yargs: Argv, usage: Usage): TsbuildError {
  for (const { pattern, translate } of translations(yargs, usage)) {
    const match = pattern.exec(message);
    if (match !== null) return translate(match[1] ?? '', match[2] ?? '', match[3] ?? '');
  }
  return problem(message, usage);
}

interface Translation {
  pattern: RegExp;
  translate: (first: string, second: string, third: string) => TsbuildError;
}

function translations(yargs: Argv, usage: Usage): Translation[] {
  const unknown = (names: string) => unknownArgument(names.split(', ')[0] ?? '', yargs, usage);
  return [
    { pattern: /^Unknown (?:arguments?|commands?): (.*)$/, translate: unknown },
    {
      pattern: /^Not enough non-option arguments/,
      translate: () => problem('an argument is missing', usage, usage.line && `usage: tsbuild ${usage.line}`),
    },
    {
      pattern: /^Not enough arguments following: (.*)$/,
      translate: (name) => problem(`${dashed(name)} needs a value`, usage),
    },
    {
      pattern: /Argument: (.*), Given: (.*), Choices: (.*)$/,
      translate: (name, given, choices) =>
        problem(`${argumentName(name, usage)} cannot be ${given}`, usage, `use one of ${choices.replaceAll('"', '')}`),
    },
    {
      pattern: /^Missing required arguments?: (.*)$/,
      translate: (names) => {
        const missing = names.split(', ').map((name) => argumentName(name, usage));
        return problem(`${missing.join(' and ')} is missing`, usage);
      },
    },
  ];
}

function problem(
  message: string,
  usage: Usage,
  hint = `\`${helpOf(usage)} --help\` lists what there is`,
): TsbuildError {
  return new TsbuildError('USAGE', message, { hint });
}

/** Whose help has the options of the command: those of builds stand in that of the program, too. */
function helpOf(usage: Usage): string {
  const command = commandOf(usage);
  return command === 'build' || usage.name.endsWith(` ${command}`) ? usage.name : `${usage.name} ${command}`;
}

/** An option is written with its dashes, a word of the command's line as it stands there. */
function argumentName(name: string, { line = '' }: Usage): string {
  return new RegExp(`[<[]${name}[.\\]>]`).test(line) ? name : dashed(name);
}

/** An option that does not exist, or a word too many. */
function unknownArgument(name: string, yargs: Argv, usage: Usage): TsbuildError {
  const isOption = usage.args.some((arg) => arg.split('=', 1)[0] === dashed(name) || /^-[^-]/.test(arg));
  if (!isOption || usage.args.includes(name)) return problem(`one argument too many: ${name}`, usage);
  const known = dockerOption(commandOf(usage), name);
  if (known !== undefined) {
    return problem(
      `${dashed(name)} is an option of docker that this version of tsbuild does not have`,
      usage,
      known.hint,
    );
  }
  const near = suggest(
    name,
    Object.keys(knownOptions(yargs)).filter((known) => known.length > 1),
  );
  return problem(`unknown option ${dashed(name)}`, usage, near && `did you mean ${dashed(near)}?`);
}

/** Without a command it is a build. */
function commandOf({ name, line = 'build' }: Usage): string {
  return (name.split(' ')[1] ?? line).split(' ', 1)[0] as string;
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}
