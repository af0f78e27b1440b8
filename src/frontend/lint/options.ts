import { type CheckOptions, parseCheckOptions } from '../../../grammar/check.ts';
import type { BuildFile } from '../../../grammar/index.ts';
import { TsbuildError } from '../../base/error.ts';
import type { Rule } from './rule.ts';

const ARGUMENT = 'BUILDKIT_DOCKERFILE_CHECK';

/** The options of the checks: those of `--build-arg BUILDKIT_DOCKERFILE_CHECK=…` alone, else the file's own. */
export function checkOptions(file: BuildFile, buildArgs: Readonly<Record<string, string>>): CheckOptions {
  const passed = Object.hasOwn(buildArgs, ARGUMENT) ? buildArgs[ARGUMENT] : undefined;
  if (passed === undefined) return file.directives.check ?? { skip: [], error: false, experimental: [] };
  const options = parseCheckOptions(passed);
  if (typeof options !== 'string') return options;
  const hint = 'write e.g. skip=JSONArgsRecommended,StageNameCasing;error=true';
  throw new TsbuildError('USAGE', `--build-arg ${ARGUMENT}: ${options}`, { hint });
}

/** `skip=all` leaves the experimental rules that are asked for by name. */
export function isOn(rule: Rule, { skip, experimental }: CheckOptions): boolean {
  if (skip !== 'all' && skip.includes(rule.name)) return false;
  if (rule.experimental) return experimental === 'all' || experimental.includes(rule.name);
  return skip !== 'all';
}
