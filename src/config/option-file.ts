import { dirname, isAbsolute, join, relative } from 'node:path';
import type { TsbuildError } from '../base/error.ts';
import type { SourceFile, SourceRange } from '../base/source.ts';
import { didYouMean } from '../base/suggest.ts';
import { COMMAND_LINE_ONLY, SECTIONS, SETTINGS, type Section, type Setting, USER_SECTIONS } from './option-table.ts';
import type { Entry, YamlText } from './yaml-text.ts';

/** The place of a default, for errors about its value. */
export interface Place {
  source: SourceFile;
  location: SourceRange;
}

/** What a file says of one option, or of one name of an option like `build-arg`. */
export interface FileDefault {
  section: Section;
  option: string;
  /** Of an option that has several: the name before `=`. */
  name?: string | undefined;
  value: string | boolean | readonly string[];
  place: Place;
}

/** A default of an option, and who says so. */
export type Default = Omit<FileDefault, 'place'> &
  (
    | { from: 'environment'; variable: string; place?: undefined }
    | { from: 'project' | 'user'; place: FileDefault['place'] }
  );

export interface Reader {
  text: YamlText;
  /** Of a project's file: whether the user trusts it, and the user's file, which may say what it may not. */
  project?: { trusted: boolean; userPath: string } | undefined;
}

/** All defaults of a file. Errors point at the word that is wrong. */
export function readDefaults(reader: Reader): FileDefault[] {
  return sectionsOf(reader).flatMap(({ name, value }) => {
    const section = name as Section;
    return reader.text
      .entries(value, `${section} is not a map of options`)
      .flatMap((entry) => defaultsOf(entry, section, reader));
  });
}

/** Those with options; the others that a user's file has are read by who needs them. */
function sectionsOf({ text, project }: Reader): Entry[] {
  const known: readonly string[] = SECTIONS;
  return text.sections().filter(({ name, key }) => {
    if (known.includes(name)) return true;
    if (project === undefined && USER_SECTIONS.includes(name)) return false;
    if (project !== undefined && USER_SECTIONS.includes(name)) {
      throw refused(text, key, `${name} is`, `write it into ${project.userPath}`);
    }
    throw text.wrong(key, `unknown section ${name}`, didYouMean(name, known) ?? hintOf(name, known));
  });
}

function hintOf(name: string, known: readonly string[]): string {
  return COMMAND_LINE_ONLY.includes(name)
    ? `no file sets it: write --${name} on the command line`
    : `a project's sections are: ${known.join(', ')}`;
}

function defaultsOf(entry: Entry, section: Section, reader: Reader): FileDefault[] {
  const { text, project } = reader;
  const { name: option, key, value } = entry;
  const settings = SETTINGS[section];
  const setting = Object.hasOwn(settings, option) ? settings[option] : undefined;
  if (setting === undefined) throw unknownOption(text, entry, section);
  const defaults = valuesOf(entry, setting, text).map(({ name, value: read, at }) => ({
    section,
    option,
    name,
    value: read,
    place: { source: text.source, location: text.location(at) },
  }));
  if (project === undefined || project.trusted) return defaults;
  if (setting.project !== undefined && !setting.project.includes(String(defaults[0]?.value))) {
    const what =
      setting.project.length === 0 ? `${option} is` : `${option} other than ${setting.project.join(', ')} is`;
    throw refused(text, setting.project.length === 0 ? key : value, what, trusting(project.userPath));
  }
  const bare = defaults.find((each) => each.name !== undefined && !String(each.value).includes('='));
  if (bare !== undefined) {
    const problem = `${option} ${bare.name} has no value, and the environment's are`;
    throw refused(text, value, problem, trusting(project.userPath));
  }
  return defaults;
}

function unknownOption(text: YamlText, { name, key }: Entry, section: Section): TsbuildError {
  const known = Object.keys(SETTINGS[section]);
  if (COMMAND_LINE_ONLY.includes(name)) {
    return text.wrong(key, `no file sets ${name}`, `write --${name} on the command line`);
  }
  const hint = didYouMean(name, known) ?? `files set: ${known.join(', ')}`;
  return text.wrong(key, `unknown option ${name} of ${section}`, hint);
}

function trusting(userPath: string): string {
  return `write it into ${userPath}, or list the project's directory there under trust`;
}

function refused(text: YamlText, node: unknown, what: string, hint: string): TsbuildError {
  return text.wrong(node, `${what} not for the file of a project to say: who owns a repository could misuse it`, hint);
}

interface Value {
  name?: string;
  value: FileDefault['value'];
  at: unknown;
}

function valuesOf({ name: option, key, value }: Entry, setting: Setting, text: YamlText): Value[] {
  const wrong = (node: unknown, expected: string) => text.wrong(node ?? key, `${option} is not ${expected}`);
  switch (setting.kind) {
    case 'flag': {
      const flag = text.flag(value);
      if (flag === undefined) throw wrong(value, 'true or false');
      return [{ value: flag, at: value }];
    }
    case 'text': {
      const found = text.text(value);
      if (found === undefined) throw wrong(value, 'a text');
      if (setting.choices !== undefined && !setting.choices.includes(found)) {
        throw wrong(value, `one of ${setting.choices.join(', ')}`);
      }
      return [{ value: found, at: value }];
    }
    case 'path': {
      const found = text.text(value);
      if (found === undefined) throw wrong(value, 'a path');
      if (leaves(found)) throw wrong(value, `a path below the directory of ${text.source.name}`);
      return [{ value: join(dirname(text.source.name), found), at: value }];
    }
    case 'list': {
      const texts = (text.elements(value) ?? [value]).map((element) => {
        const found = text.text(element);
        if (found === undefined) throw wrong(element, 'a text or a list of texts');
        return found;
      });
      return [{ value: texts, at: value }];
    }
    default:
      return pairsOf(value, text, wrong);
  }
}

function leaves(path: string): boolean {
  return isAbsolute(path) || relative('.', path).split('/')[0] === '..';
}

/** A map of names and values, or a list of NAME=VALUE; NAME alone takes the value of the environment. */
function pairsOf(node: unknown, text: YamlText, wrong: (node: unknown, expected: string) => TsbuildError): Value[] {
  const elements = text.elements(node);
  if (elements !== undefined) {
    return elements.map((element) => {
      const pair = text.text(element);
      if (pair === undefined) throw wrong(element, 'a list of NAME=VALUE');
      return { name: pair.split('=', 1)[0] as string, value: pair, at: element };
    });
  }
  return text.entries(node, 'a map of names and values, or a list of NAME=VALUE, belongs here').map((entry) => {
    const value = text.text(entry.value);
    if (value === undefined) throw wrong(entry.value, `a text at ${entry.name}`);
    return { name: entry.name, value: `${entry.name}=${value}`, at: entry.value };
  });
}
