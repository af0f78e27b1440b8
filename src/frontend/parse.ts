import { type BuildFile, parse } from '../../grammar/index.ts';
import { TsbuildErrors } from '../base/error.ts';
import type { SourceFile } from '../base/source.ts';

/** Parses a build file; all of its syntax errors are thrown at once. */
export function parseBuildFile(source: SourceFile): BuildFile {
  const { file, errors } = parse(source);
  if (errors.length > 0) throw new TsbuildErrors(errors);
  return file;
}
