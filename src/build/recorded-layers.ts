import { toBytePath } from '../base/bytepath.ts';
import { snapshotOf } from '../journal/kept-result.ts';
import type { LayerSummary } from '../journal/types.ts';
import { measureLayer } from '../snapshot/layer-size.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import type { Store } from '../store/open.ts';

/** Names that are looked at after a build: some ten milliseconds. What is larger is measured when somebody asks. */
const BUDGET = 10_000;

/** What the layers of steps take that were just made, as far as that is found out quickly. The small ones come first. */
export function layersOfSteps(
  steps: Iterable<string>,
  { store, snapshots }: { store: Store; snapshots: Snapshots },
): Map<string, LayerSummary> {
  const found = new Map<string, LayerSummary>();
  let left = BUDGET;
  for (const step of steps) {
    const snapshot = snapshotOf(store.records, step);
    if (snapshot === undefined || !snapshots.unpacked(snapshot)) continue;
    const { size, names } = measureLayer(toBytePath(snapshots.fs(snapshot)), left, snapshots.meta(snapshot)?.unmarked);
    if (size === undefined) break;
    found.set(step, size);
    left -= names;
  }
  return found;
}
