import { TsbuildError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';
import { configPath, SYSTEM_PATH } from './config-path.ts';
import { SECTIONS, USER_SECTIONS } from './option-table.ts';
import { YamlText } from './yaml-text.ts';

/** The user's settings as they are written, and where: paths in it are relative to its directory. */
export interface UserConfig {
  path: string;
  /** By section; nothing where there is no file. */
  sections: Readonly<Record<string, unknown>>;
  /** The same with its places; undefined where there is no file. */
  text?: YamlText | undefined;
}

const KNOWN: readonly string[] = [...USER_SECTIONS, ...SECTIONS];

/** Reads the file at `configPath`. INVALID where it is not YAML or has a section that nobody knows. */
export function readUserConfig(env: Readonly<Record<string, string | undefined>>): UserConfig {
  const path = configPath(env);
  const text = path === undefined ? undefined : YamlText.read(path);
  if (path !== undefined && text !== undefined) return { path, text, sections: sectionsOf(text) };
  if (env.TSBUILD_CONFIG) {
    throw new TsbuildError('NOT_FOUND', `$TSBUILD_CONFIG names ${path}, which does not exist`);
  }
  return { path: SYSTEM_PATH, sections: {} };
}

function sectionsOf(text: YamlText): UserConfig['sections'] {
  const unknown = text.sections().find(({ name }) => !KNOWN.includes(name));
  if (unknown !== undefined) {
    const hint = didYouMean(unknown.name, KNOWN) ?? `its sections are: ${KNOWN.join(', ')}`;
    throw text.wrong(unknown.key, `unknown section ${unknown.name}`, hint);
  }
  const sections: unknown = text.values() ?? {};
  return isObject(sections) ? sections : {};
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
