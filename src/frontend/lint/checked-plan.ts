import type { BuildFile } from '../../../grammar/index.ts';
import type { IgnoreRules } from '../../base/ignore.ts';
import type { ImagePlan } from '../../graph/image-plan.ts';
import { planImage } from '../plan.ts';
import type { PlanOptions } from '../plan-types.ts';
import { Linter } from './linter.ts';

export interface CheckedPlanOptions extends PlanOptions {
  /** The rules of the ignore file. */
  ignore: IgnoreRules;
}

/**
 * Plans an image and warns of what the checks find in the part of the file that it needs, also where planning fails.
 * INVALID where `error=true` makes an error of them: nothing has been executed then.
 */
export async function planChecked(file: BuildFile, options: CheckedPlanOptions): Promise<ImagePlan> {
  const linter = new Linter(file, options);
  const plan = await planImage(file, options, linter).finally(() => linter.findings.forEach(options.warn));
  linter.failOnFindings();
  return plan;
}
