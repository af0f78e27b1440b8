import { readUserConfig } from '../config/index.ts';
import { type Defaults, optionDefaults } from '../config/option-defaults.ts';
import type { Default } from '../config/option-file.ts';
import { USER_SECTIONS } from '../config/option-table.ts';
import { sanitize } from '../progress/sanitize.ts';
import type { GlobalArguments } from './options.ts';
import { table } from './table.ts';

export interface ConfigArguments extends GlobalArguments {
  json?: boolean | undefined;
}

/** A setting as it is shown. */
interface Shown {
  section: string;
  option?: string;
  value: unknown;
  from: 'environment' | 'project' | 'user';
  /** A variable, or a file with the line. */
  where: string;
}

/** `tsbuild config`: the settings of the working directory. */
export async function configAction({ json }: ConfigArguments): Promise<number> {
  const found = await optionDefaults({ env: process.env, cwd: process.cwd() });
  const settings = [...userSections(), ...found.defaults.map(shown).sort(byOption)];
  process.stdout.write(json ? `${JSON.stringify({ ...filesOf(found), settings })}\n` : textOf(found, settings));
  return 0;
}

function filesOf({ project, user }: Defaults): { project: unknown; user: unknown } {
  return { project: project ?? null, user: user === undefined ? null : { path: user } };
}

function userSections(): Shown[] {
  const { path, sections } = readUserConfig(process.env);
  return USER_SECTIONS.filter((section) => Object.hasOwn(sections, section)).map((section) => ({
    section,
    value: sections[section],
    from: 'user',
    where: path,
  }));
}

function shown(found: Default): Shown {
  const { section, option, name, value, from } = found;
  const where = from === 'environment' ? `$${found.variable}` : lineOf(found.place);
  const said = name === undefined ? value : String(value);
  return { section, option, value: said, from, where };
}

function byOption(a: Shown, b: Shown): number {
  const [first, second] = [a, b].map(({ section, option }) => `${section} ${option}`) as [string, string];
  return first < second ? -1 : first > second ? 1 : 0;
}

function lineOf({ source, location }: NonNullable<Default['place']>): string {
  return `${source.name}:${location.start.line}`;
}

function textOf({ project, user }: Defaults, settings: readonly Shown[]): string {
  const read =
    project === undefined ? 'none' : `${project.path}${project.refused ? ` (not read: ${project.refused})` : ''}`;
  const files = `project: ${sanitize(read, false)}\nuser:    ${user ?? 'none'}\n`;
  if (settings.length === 0) return files;
  const rows = settings.map(({ section, option = '', value, where }) => [section, option, plain(value), where]);
  return `${files}\n${table(['SECTION', 'OPTION', 'VALUE', 'FROM'], rows)}`;
}

function plain(value: unknown): string {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
