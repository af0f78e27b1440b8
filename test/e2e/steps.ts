import * as assert from 'uvu/assert';
import type { RunOptions, Workplace } from '../support/workplace.ts';

export interface Steps {
  /** Names of what was taken from the cache, and of what was executed; `[internal]` work is neither. */
  cached: string[];
  executed: string[];
}

interface RawVertex {
  digest: string;
  name: string;
  started?: string;
  cached?: boolean;
}

/** A step of the build file: `[2/5] …`, `[build 2/5] …`. */
const OF_THE_FILE = /^\[(\S+ )?\d+\/\d+\] /;

/** Builds, which must succeed, and tells what was done for it from the output of `--progress=rawjson`. */
export async function buildSteps(place: Workplace, args: readonly string[], options?: RunOptions): Promise<Steps> {
  const { code, stderr } = await place.run(['build', '--progress=rawjson', ...args], options);
  assert.is(code, 0, stderr.split('\n').slice(-30).join('\n'));
  const vertexes = new Map<string, RawVertex>();
  for (const line of stderr.split('\n').filter((text) => text.startsWith('{'))) {
    for (const vertex of (JSON.parse(line) as { vertexes?: RawVertex[] }).vertexes ?? []) {
      vertexes.set(vertex.digest, vertex);
    }
  }
  const steps = [...vertexes.values()].filter(({ name }) => OF_THE_FILE.test(name));
  const namesOf = (found: readonly RawVertex[]) => found.map(({ name }) => name.replace(OF_THE_FILE, ''));
  return {
    cached: namesOf(steps.filter((step) => step.cached)),
    executed: namesOf(steps.filter((step) => !step.cached)),
  };
}

/** Asserts that a step whose instruction begins like this is in the list. */
export function has(list: readonly string[], instruction: string): void {
  assert.ok(
    list.some((name) => name.startsWith(instruction)),
    `${instruction} is not in:\n${list.join('\n')}`,
  );
}
