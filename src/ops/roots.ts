import { overlayRefusal, overlayRemedy } from '../../runner/index.ts';
import { TsbuildError } from '../base/error.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';

/** The variable that chooses how roots of steps are made. */
const VARIABLE = 'TSBUILD_SNAPSHOTTER';

export interface RootsOptions {
  /** A directory on the file system of the store that goes away with this process's session. */
  temporary: () => string;
  env: NodeJS.ProcessEnv;
  warn: (message: string) => void;
}

/**
 * How this machine makes the roots of steps: as overlays of their layers, or where it mounts none over the store as copies
 * of them. Found when the first step asks, by trying, and the same for all steps of a command.
 */
export class Roots {
  readonly #options: RootsOptions;
  #copying: Promise<boolean> | undefined;

  constructor(options: RootsOptions) {
    this.#options = options;
  }

  /** Starts to find out, beside what else a step is prepared with. */
  begin(): void {
    this.#copying ??= this.#find();
    this.#copying.catch(() => undefined);
  }

  /** Whether the root of a step on this stack is a copy. Overlayfs cannot read every layer that was made without it. */
  async copied(snapshots: Snapshots, snapshot: string | null): Promise<boolean> {
    this.#copying ??= this.#find();
    return (await this.#copying) || !snapshots.mountable(snapshot);
  }

  async #find(): Promise<boolean> {
    const { temporary, env, warn } = this.#options;
    const choice = chosenSnapshotter(env);
    if (choice !== undefined) return choice === 'copy';
    const refused = await overlayRefusal(temporary());
    if (refused === undefined) return false;
    warn(
      `each RUN works on a copy of its root, which is slower: no overlay can be used in the store (${refused.detail}: ${refused.errno}). To get one: ${overlayRemedy(refused)}`,
    );
    return true;
  }
}

/** What the environment asks for, if anything. */
function chosenSnapshotter(env: NodeJS.ProcessEnv): 'overlay' | 'copy' | undefined {
  const value = env[VARIABLE] || undefined;
  if (value === undefined || value === 'overlay' || value === 'copy') return value;
  throw new TsbuildError('INVALID', `${VARIABLE}=${value}: there is no such way to make the root of a step`, {
    hint: 'overlay or copy; without the variable what works here is found by trying',
  });
}
