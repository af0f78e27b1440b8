import { buildTargetOf, selectBake } from '../bake/index.ts';
import { writeFileAtomic } from '../base/atomic.ts';
import { formatLock, type LockedImages, lockImages } from '../build/lock.ts';
import type { BuildTarget } from '../build/target.ts';
import { type BakeArguments, bakeOptionsOf } from './bake-options.ts';
import { type BuildArguments, buildOptionsOf } from './build-options.ts';
import { lockPath } from './lock-option.ts';
import { environmentOf } from './namespace.ts';
import { cancelOnSignals } from './signals.ts';

export type LockArguments = Omit<BuildArguments, 'file' | 'locked'> & {
  file?: string[] | undefined;
  bake?: boolean | undefined;
  targets?: string[] | undefined;
  set?: string[] | undefined;
  var?: string[] | undefined;
  lockFile?: string | undefined;
};

/** Carries out `tsbuild lock`. Prints how many images there are; nothing is written where one cannot be found. */
export async function lockAction(argv: LockArguments): Promise<number> {
  const { signal, exitCode, dispose } = cancelOnSignals();
  try {
    const { root } = environmentOf(argv);
    const path = lockPath(argv);
    const locked: LockedImages = await lockImages(await targetsOf(argv), { root, offline: argv.offline, signal });
    writeFileAtomic(path, formatLock(locked));
    process.stdout.write(`${path}: ${locked.size} ${locked.size === 1 ? 'image' : 'images'}\n`);
    return 0;
  } catch (error) {
    const code = exitCode();
    if (code === undefined) throw error;
    return code;
  } finally {
    dispose();
  }
}

async function targetsOf(argv: LockArguments): Promise<BuildTarget[]> {
  const words = argv.targets ?? [];
  if (argv.bake) {
    const { targets } = await selectBake(bakeOptionsOf({ ...argv, targets: words } as BakeArguments, process.env));
    return [...targets.values()].map((target) => buildTargetOf(target, process.env));
  }
  return [buildOptionsOf({ ...argv, file: argv.file?.at(-1), context: words[0] ?? '.' }, process.env)];
}
