import { TsbuildError } from '../base/error.ts';
import { optionDefaults } from '../config/option-defaults.ts';
import type { Default } from '../config/option-file.ts';
import { SETTINGS, type Section } from '../config/option-table.ts';

/** What holds for the options of one command where the command line is silent. */
export class Settings {
  readonly section: Section | undefined;
  readonly #defaults: readonly Default[];

  private constructor(section: Section | undefined, defaults: readonly Default[]) {
    this.section = section;
    this.#defaults = defaults;
  }

  static readonly NONE = new Settings(undefined, []);

  static async of(section: Section): Promise<Settings> {
    const { defaults, project } = await optionDefaults({ env: process.env, cwd: process.cwd() });
    if (project?.refused !== undefined) await noteRefused(`${project.path} is not read: ${project.refused}`);
    return new Settings(
      section,
      defaults.filter((each) => each.section === section),
    );
  }

  /** By option, for yargs: whatever the command line gives takes the place of it. Only of these. */
  whole(options: readonly string[]): Record<string, Default['value']> {
    const whole = this.#defaults.filter(({ name, option }) => name === undefined && options.includes(option));
    return Object.fromEntries(whole.map(({ option, value }) => [option, value]));
  }

  /**
   * Puts NAME=VALUE before those of the command line, of which the last one of a name counts, and takes back what the
   * command line says in other words.
   */
  complete<Arguments extends Record<string, unknown>>(argv: Arguments): Arguments {
    const filled: Record<string, unknown> = { ...argv };
    for (const { section, option, value } of this.#defaults) {
      const { yields = [] } = SETTINGS[section][option] ?? {};
      if (filled[option] === value && yields.some((other) => argv[other] !== undefined)) filled[option] = undefined;
    }
    for (const option of new Set(this.#defaults.flatMap((each) => (each.name === undefined ? [] : [each.option])))) {
      const pairs = this.#defaults.filter((each) => each.option === option).map(({ value }) => value);
      const given = (argv[option] as string[] | undefined) ?? [];
      filled[option] = [...pairs, ...given];
      filled[camelCase(option)] = filled[option];
    }
    return filled as Arguments;
  }

  /** An error about a value that nobody wrote on the command line, with who says it. */
  located(error: unknown, args: readonly string[]): unknown {
    if (!(error instanceof TsbuildError) || !['USAGE', 'INVALID'].includes(error.code)) return error;
    const origin = this.#defaults.find((each) => isAbout(error, each));
    const option = `--${origin?.option}`;
    if (origin === undefined || args.some((arg) => arg === option || arg.startsWith(`${option}=`))) return error;
    if (origin.from !== 'environment') return error.at(origin.place.location, origin.place.source);
    const { code, message, hint } = error;
    return new TsbuildError(code, `$${origin.variable}: ${message}`, { hint });
  }
}

/** Errors about values begin with the option, or quote the value. */
function isAbout({ message }: TsbuildError, { option, value }: Default): boolean {
  const [, named] = /^--([a-z-]+)\b/.exec(message) ?? [];
  return named === undefined ? [value].flat().some((text) => message.includes(JSON.stringify(text))) : named === option;
}

/** Once: in a user namespace the program has said it before it started there. */
async function noteRefused(note: string): Promise<void> {
  const { inUserNamespace } = await import('../../runner/index.ts');
  if (!inUserNamespace()) process.stderr.write(`note: ${note}\n`);
}

/** As yargs names arguments. */
function camelCase(option: string): string {
  return option.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
