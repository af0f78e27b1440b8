import { type Body, parseHcl, parseHclJson } from '../../grammar/hcl/index.ts';
import { type TsbuildError, TsbuildErrors } from '../base/error.ts';
import type { Files } from '../base/files.ts';
import type { SourceFile } from '../base/source.ts';
import { readText } from '../build/read-text.ts';
import { type Definitions, evaluateFiles } from './file/blocks.ts';
import { type BakeEnvironment, givenValue } from './file/environment.ts';
import { SCHEMA } from './file/schema.ts';
import { requireKnown } from './file/variable.ts';
import type { Config } from './target/target.ts';

export interface LoadOptions extends BakeEnvironment {
  /** Where a compose file's `.env` is. */
  directory: string;
  /** The files as they are, where absent. */
  past?: Files | undefined;
}

/**
 * Evaluates bake files: those in HCL and JSON are one definition, laid over that of all compose files, wherever they
 * stand. All syntax errors are thrown at once, and all errors of targets.
 */
export async function loadDefinitions(files: readonly SourceFile[], options: LoadOptions): Promise<Definitions> {
  const compose = files.filter(isCompose);
  const base: Config = compose.length === 0 ? { groups: [], targets: [] } : await loadCompose(compose, options);
  const errors: TsbuildError[] = [];
  const bodies: Body[] = [];
  for (const file of files) {
    if (isCompose(file)) continue;
    const parsed = isJson(file) ? parseHclJson(file, SCHEMA) : parseHcl(file);
    errors.push(...parsed.errors);
    bodies.push(parsed.body);
  }
  if (errors.length > 0) throw new TsbuildErrors(errors);
  const definitions = evaluateFiles(bodies, options, base);
  if (compose.length === 0) requireKnown(options.vars.keys(), [...definitions.globals.variables.keys()]);
  return definitions;
}

/** By the ending of its name; a file without one by what it begins with. */
function isCompose({ name, text }: SourceFile): boolean {
  if (/\.(hcl|json)$/i.test(name)) return false;
  return /\.ya?ml$/i.test(name) || /^(services|x-[\w-]+|name|version|secrets)[ \t]*:/m.test(text);
}

function isJson({ name, text }: SourceFile): boolean {
  return /\.json$/i.test(name) || (!/\.hcl$/i.test(name) && text.trimStart().startsWith('{'));
}

/** Compose files bring a parser of YAML with them, which no other file needs. */
async function loadCompose(files: readonly SourceFile[], options: LoadOptions): Promise<Config> {
  const [{ parseCompose }, { mergeCompose }, { composeConfig }, { parseDotenv }] = await Promise.all([
    import('./compose/parse.ts'),
    import('./compose/merge.ts'),
    import('./compose/service.ts'),
    import('./compose/dotenv.ts'),
  ]);
  const given = (name: string): string | undefined => givenValue(options, name);
  const path = `${options.directory}/.env`;
  const text =
    readText(path, { what: 'file of variables', within: options.directory, pipes: false, files: options.past }) ?? '';
  const dotenv = parseDotenv(text, given);
  const lookup = (name: string): string | undefined => given(name) ?? dotenv.get(name);
  const projects = files.map((file) => parseCompose(file, lookup));
  return composeConfig(projects.reduce(mergeCompose), lookup);
}
