/** How the options of a command line are written that yargs would read in another way than docker does. */
interface Dialect {
  /** The letters of the options that take a value. */
  valued: string;
  /** Long options that take none, where everything behind the first word is somebody else's; else undefined. */
  flags?: readonly string[] | undefined;
}

/** Commands that take all words themselves and say nothing else: -f -t -o -j, -o and -i of archives, -u and -p of a login. */
export const COMMANDS_DIALECT: Dialect = { valued: 'ftojiup' };

/** `run`, `create`, `exec`: what follows the first word belongs to the container. */
export function runDialect(flags: readonly string[]): Dialect {
  return { valued: 'evwuplm', flags: [...flags, 'help'] };
}

/**
 * Writes a command line so that yargs reads it as docker would: `-tapp` as `-t app`, `-o -` as `-o=-`, and the words
 * behind `--` as words.
 */
export function plainArguments(args: readonly string[], { valued, flags }: Dialect): string[] {
  const plain: string[] = [];
  for (const [index, arg] of args.entries()) {
    const last = plain.at(-1) ?? '';
    const isValue = takesValue(last, valued, flags);
    if (arg === '--' && flags === undefined) return [...plain, ...args.slice(index + 1).map(asWord)];
    if (flags !== undefined && !isValue && !arg.startsWith('-')) return [...plain, ...args.slice(index)];
    if (arg === '-' && LISTS_WITH_DASH.includes(last)) plain.push(`${plain.pop()}=-`);
    else if (isValue) plain.push(arg);
    else if (flags === undefined && SWITCHES.includes(arg) && !isSwitchValue(args[index + 1]))
      plain.push(`${arg}=true`);
    else plain.push(...splitJoined(arg, valued));
  }
  return plain;
}

/** Options of several values, of which one may be a lone `-`: yargs takes that for the next option. */
const LISTS_WITH_DASH = ['-o', '--output', '-f', '--file'];

/** Options that are switches and can have a value; a word behind them is one only where it looks like it. */
const SWITCHES = ['--provenance', '--sbom'];

function isSwitchValue(word = ''): boolean {
  return /^(0|1|t|f|true|false)$|^(mode|version|builder-id|reproducible)=/i.test(word);
}

/** Whether the next argument is the value of this one. Without `flags` long options are not known; none is needed. */
function takesValue(arg: string, valued: string, flags: readonly string[] | undefined): boolean {
  if (arg.startsWith('--')) return flags !== undefined && !arg.includes('=') && !flags.includes(arg.slice(2));
  return arg.length === 2 && arg.startsWith('-') && valued.includes(arg.charAt(1));
}

/** `-qtapp` and `-qt=app` are `-q -t app`. */
function splitJoined(arg: string, valued: string): string[] {
  const [, others = '', option, value = ''] = new RegExp(`^-([a-zA-Z]*?)([${valued}])(.+)$`, 's').exec(arg) ?? [];
  if (option === undefined) return [arg];
  const text = value.replace(/^=/, '');
  const parts = text === '-' ? [`-${option}=-`] : [`-${option}`, text];
  return others === '' ? parts : [`-${others}`, ...parts];
}

/** A path that begins with a dash, so that it is no option. */
function asWord(word: string): string {
  return word.startsWith('-') && word !== '-' ? `./${word}` : word;
}
