import type { Digest, Json } from '../base/digest.ts';
import type { PreImage } from '../graph/vertex.ts';

/** A vertex as a build had it: what it is looked up by, and what it was called. */
export interface RecordedStep {
  /** The key of its definition. */
  key: Digest;
  name: string;
  preImage: PreImage;
  /** Of the variables of a RUN, the names that build arguments set. */
  buildArguments?: readonly string[] | undefined;
  scope?: string | undefined;
  /** Not shown to the user. */
  internal?: boolean | undefined;
}

/** What a target was for one platform: enough to say later what has changed. Inputs come before what needs them. */
export interface RecordedGraph {
  platform: string;
  /** The configuration of the image, without its layers. */
  config: Json;
  /** The text of the ignore file of each scope. */
  ignore: Readonly<Record<string, string>>;
  steps: readonly RecordedStep[];
}

export function isRecordedGraph(record: unknown): record is RecordedGraph {
  const { platform, ignore, steps } = (record ?? {}) as Partial<RecordedGraph>;
  const isIgnore = typeof ignore === 'object' && ignore !== null;
  return typeof platform === 'string' && isIgnore && Array.isArray(steps) && steps.every(isRecordedStep);
}

function isRecordedStep(step: unknown): step is RecordedStep {
  const { key, name, preImage } = (step ?? {}) as Partial<RecordedStep>;
  const isNamed = typeof key === 'string' && typeof name === 'string';
  return isNamed && typeof preImage?.op?.kind === 'string' && Array.isArray(preImage.inputs);
}
