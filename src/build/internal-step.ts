import { digestOf } from '../base/digest.ts';
import { toTsbuildError } from '../base/error.ts';
import type { EventSink } from '../base/events.ts';
import type { LayerProgress } from '../ops/base-layers.ts';

/** Runs a piece of our own work and shows it as a step, e.g. `[internal] load metadata for docker.io/library/alpine`. */
export async function internalStep<T>(
  emit: EventSink,
  name: string,
  work: (progress: LayerProgress) => T | Promise<T>,
): Promise<T> {
  const vertex = digestOf(`internal ${name}`);
  emit({ type: 'vertex', vertex, name, inputs: [], internal: true, time: Date.now() });
  emit({ type: 'started', vertex, time: Date.now() });
  const progress: LayerProgress = (id, action, current, total) =>
    emit({ type: 'status', vertex, id, action, current, total, time: Date.now() });
  try {
    const result = await work(progress);
    emit({ type: 'completed', vertex, time: Date.now() });
    return result;
  } catch (error) {
    emit({ type: 'completed', vertex, time: Date.now(), error: toTsbuildError(error).message });
    throw error;
  }
}
