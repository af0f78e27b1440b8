import type { Json } from '../base/digest.ts';
import { digestOfJson } from '../base/digest.ts';
import { withOfflinePlans } from './offline-plans.ts';
import type { BuildSettings, BuildTarget } from './target.ts';

/** A text that changes whenever the image would: by what its steps read, not by the names of files. Executes nothing. */
export function planKey(target: BuildTarget, settings: BuildSettings): Promise<string> {
  return withOfflinePlans([target], settings, async ({ planned: [outcome], definitions }) => {
    if (outcome === undefined || outcome.status === 'rejected') throw outcome?.reason;
    const keys: Json[] = [];
    for (const { plan } of outcome.value.plans) {
      const { key } = await definitions.of(plan.rootfs);
      const { config, history, author } = plan;
      keys.push([key, JSON.stringify([config, history, author])]);
    }
    return digestOfJson(keys);
  });
}
