import type { Rule } from '../rule.ts';
import * as baseImages from './base-images.ts';
import * as commands from './commands.ts';
import { copyIgnoredFile } from './copy.ts';
import * as stageNames from './stage-names.ts';
import * as style from './style.ts';
import * as values from './values.ts';

/** Every check, in the order in which the page of the rules and the complaints about one place have them. */
export const RULES: readonly Rule[] = [
  stageNames.stageNameCasing,
  stageNames.fromAsCasing,
  style.noEmptyContinuation,
  style.consistentInstructionCasing,
  stageNames.duplicateStageName,
  stageNames.reservedStageName,
  commands.jsonArgsRecommended,
  style.maintainerDeprecated,
  baseImages.undefinedArgInFrom,
  commands.workdirRelativePath,
  values.undefinedVar,
  commands.multipleInstructionsDisallowed,
  values.legacyKeyValueFormat,
  baseImages.invalidBaseImagePlatform,
  baseImages.redundantTargetPlatform,
  values.secretsUsedInArgOrEnv,
  baseImages.invalidDefaultArgInFrom,
  baseImages.fromPlatformFlagConstDisallowed,
  copyIgnoredFile,
  style.invalidDefinitionDescription,
  values.exposeProtoCasing,
  values.exposeInvalidFormat,
];
