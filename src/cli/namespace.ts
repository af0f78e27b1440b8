import { enterUserNamespace, hasSingleId, inUserNamespace, needsUserNamespace } from '../../runner/index.ts';
import { defaultRoot } from '../store/root.ts';
import type { GlobalArguments } from './options.ts';
import { explained } from './sandbox-report.ts';

/** Where a command works. */
export interface Environment {
  /** The root of the store. */
  root: string;
  /** Whether this process is in a user namespace: overlay marks are then `user.` attributes. */
  rootless: boolean;
  /** Whether that namespace maps one id only, so that every file is root's. */
  singleUid: boolean;
}

/** For commands that read and write nothing but plain files of the store. */
export function environmentOf(argv: GlobalArguments): Environment {
  return { root: rootOf(argv), rootless: inUserNamespace(), singleUid: hasSingleId() };
}

/**
 * For commands that make files of other users, or mount: without the right to do so, the program runs again as root
 * of a user namespace, and its exit code is the result.
 */
export async function inNamespace(
  argv: GlobalArguments,
  work: (environment: Environment) => Promise<number>,
): Promise<number> {
  const root = rootOf(argv);
  try {
    if (!needsUserNamespace()) return await work(environmentOf(argv));
    const args = [...process.execArgv, ...process.argv.slice(1)];
    return await enterUserNamespace({ argv: args, env: { ...process.env, TSBUILD_ROOT: root } });
  } catch (error) {
    throw await explained(error, root);
  }
}

function rootOf(argv: GlobalArguments): string {
  return defaultRoot({ root: argv.root, env: process.env, uid: process.geteuid?.() ?? 0 });
}
