import type { ArgInstruction, EscapeCharacter, Word } from '../../grammar/index.ts';
import { expand } from '../../grammar/words.ts';
import { TsbuildError } from '../base/error.ts';
import type { SourceFile } from '../base/source.ts';
import { formatWithVersion } from '../oci/platform.ts';
import type { Platform } from '../oci/types.ts';
import type { PlanOptions } from './plan-types.ts';

/** Variables by name. An argument that is declared and has no value is absent. */
export type Variables = ReadonlyMap<string, string>;

/** Arguments of the proxies reach every RUN undeclared, and belong to no key and no history. */
const PROXY_NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'];

/** Arguments that steer the builder itself. */
const CONTROL_NAMES = ['SOURCE_DATE_EPOCH'];
const CONTROL_PREFIX = 'BUILDKIT_';

/** Digits of a number of seconds: as many as dates that programs can show need. */
const EPOCH = /^\d{1,11}$/;

export function isProxyArgument(name: string): boolean {
  return PROXY_NAMES.includes(name.toUpperCase());
}

/**
 * `--build-arg` values of the proxy arguments, for the environment of every RUN. Programs look for them in upper or in
 * lower case, so both are set.
 */
export function proxyEnvironment(buildArgs: Readonly<Record<string, string>>): Record<string, string> {
  const proxies = Object.entries(buildArgs).filter(([name]) => isProxyArgument(name));
  const inBothCases = proxies.flatMap(([name, value]) => [
    [name.toUpperCase(), value],
    [name.toLowerCase(), value],
  ]);
  return Object.fromEntries([...inBothCases, ...proxies]);
}

/** What the values of arguments depend on. */
export type ArgumentOptions = Pick<PlanOptions, 'target' | 'buildArgs' | 'buildPlatform' | 'targetPlatform'>;

/** TARGETSTAGE where no `--target` is given and the last stage has no name. */
const DEFAULT_TARGET = 'default';

/** The arguments that are there without being declared; `--build-arg` changes them like any other. */
export function automaticArguments(options: ArgumentOptions): Map<string, string> {
  const automatic: [string, string][] = [
    ...platformArguments('BUILD', options.buildPlatform),
    ...platformArguments('TARGET', options.targetPlatform),
    ['TARGETSTAGE', options.target || DEFAULT_TARGET],
  ];
  return new Map(automatic.map(([name, value]) => [name, passedArgument(options, name) ?? value]));
}

function platformArguments(prefix: string, platform: Platform): [string, string][] {
  return [
    [`${prefix}PLATFORM`, formatWithVersion(platform)],
    [`${prefix}OS`, platform.os],
    [`${prefix}OSVERSION`, platform['os.version'] ?? ''],
    [`${prefix}ARCH`, platform.architecture],
    [`${prefix}VARIANT`, platform.variant ?? ''],
  ];
}

/**
 * The values of the arguments before the first FROM: `--build-arg`, else the default, else the automatic value.
 * A default sees the arguments above it.
 */
export function globalArguments(
  instructions: readonly ArgInstruction[],
  options: ArgumentOptions,
  automatic: Variables,
  at: ExpandAt,
): Map<string, string> {
  const values = new Map(automatic);
  for (const { args } of instructions) {
    for (const { name, value } of args) {
      const byDefault = () => value && expandWord(value, values, at);
      const chosen = passedArgument(options, name.text) ?? byDefault() ?? values.get(name.text);
      if (chosen !== undefined) values.set(name.text, chosen);
    }
  }
  return values;
}

/**
 * SOURCE_DATE_EPOCH in seconds (reproducible-builds.org): the build argument, else what an ARG before the first FROM
 * says. Empty is none.
 */
export function sourceDateEpoch(options: PlanOptions, globals: Variables, { source }: ExpandAt): number | undefined {
  const text = passedArgument(options, 'SOURCE_DATE_EPOCH') ?? globals.get('SOURCE_DATE_EPOCH') ?? '';
  if (text === '') return undefined;
  if (EPOCH.test(text)) return Number(text);
  const problem = `SOURCE_DATE_EPOCH is not a number of seconds: ${JSON.stringify(text)}`;
  throw new TsbuildError('INVALID', problem, { source });
}

/** The `--build-arg` of a name. Names are the user's: `constructor` must not find what every object has. */
export function passedArgument({ buildArgs }: Pick<PlanOptions, 'buildArgs'>, name: string): string | undefined {
  return Object.hasOwn(buildArgs, name) ? buildArgs[name] : undefined;
}

export interface ExpandAt {
  source: SourceFile;
  escape: EscapeCharacter;
  /** Told of the names in a word that were not set, and that expanded to nothing. */
  unset?: ((word: Word, names: readonly string[]) => void) | undefined;
}

/** Expands one word; what is wrong with it is shown at its place. */
export function expandWord(word: Word, variables: Variables, at: ExpandAt): string {
  return located(word, at, () => {
    const { value, unset } = expand(word.text, (name) => variables.get(name), { escape: at.escape });
    if (unset.length > 0) at.unset?.(word, unset);
    return value;
  });
}

export function located<T>(word: Word, at: ExpandAt, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TsbuildError) throw error.at(word.range, at.source);
    throw error;
  }
}

/** The `--build-arg` names that no ARG of the file declares and that mean nothing by themselves. */
export function unusedArguments(buildArgs: Readonly<Record<string, string>>, declared: ReadonlySet<string>): string[] {
  return Object.keys(buildArgs).filter(
    (name) =>
      !declared.has(name) &&
      !isProxyArgument(name) &&
      !CONTROL_NAMES.includes(name) &&
      !name.startsWith(CONTROL_PREFIX),
  );
}
