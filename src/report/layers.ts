import { toBytePath } from '../base/bytepath.ts';
import { isErrno } from '../base/error.ts';
import { keptResult } from '../journal/kept-result.ts';
import type { JournalStep, LayerSummary } from '../journal/types.ts';
import { measureLayer } from '../snapshot/layer-size.ts';
import { Snapshots } from '../snapshot/snapshots.ts';
import type { Store } from '../store/open.ts';

/** Names that are looked at for one report: seconds. */
const BUDGET = 500_000;

/** What the layers of steps take: what the journal says, else what is found where the layer is still in the store. */
export class LayerSizes {
  readonly #store: Store;
  readonly #snapshots: Snapshots;
  #left = BUDGET;

  constructor(store: Store) {
    this.#store = store;
    const { layout } = store;
    this.#snapshots = new Snapshots({ root: layout.base, temporary: () => layout.sessions, userXattrs: false });
  }

  of({ vertex, layer, internal }: JournalStep): LayerSummary | undefined {
    if (layer !== undefined || internal) return layer;
    const { snapshot } = (keptResult(this.#store.records, vertex)?.value ?? {}) as { snapshot?: unknown };
    if (typeof snapshot !== 'string' || this.#snapshots.meta(snapshot) === undefined) return undefined;
    return this.#measure(snapshot);
  }

  /** The layers of another user's namespace cannot be read by everybody. */
  #measure(snapshot: string): LayerSummary | undefined {
    try {
      const { size, names } = measureLayer(
        toBytePath(this.#snapshots.fs(snapshot)),
        this.#left,
        this.#snapshots.meta(snapshot)?.unmarked,
      );
      this.#left = Math.max(0, this.#left - names);
      return size;
    } catch (error) {
      if (isErrno(error, 'EACCES')) return undefined;
      throw error;
    }
  }
}
