import type { BuildFile } from '../../grammar/index.ts';
import type { SourceRange } from '../base/source.ts';
import { descriptionOf } from './lint/description.ts';
import { splitStages } from './stages.ts';

/** A stage as somebody sees it who wants to build it. */
export interface Target {
  name: string | undefined;
  /** What a build without `--target` builds. */
  default: boolean;
  /** From a comment `# name description` above its FROM. */
  description: string | undefined;
  /** As written. */
  base: string;
  platform: string | undefined;
  location: SourceRange;
}

/** The stages of a build file, in its order. */
export function targetsOf(file: BuildFile): Target[] {
  const { stages } = splitStages(file);
  return stages.map(({ name, from, index }) => ({
    name,
    default: index === stages.length - 1,
    description: name && descriptionOf(from, name),
    base: from.image.text,
    platform: from.platform?.text,
    location: from.range,
  }));
}
