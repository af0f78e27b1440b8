import { mkdirSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { type OverlaySpec, runSandbox, type SandboxExit, type SandboxIo } from '../../runner/index.ts';
import { uniqueName } from '../base/atomic.ts';
import { fromBytePath, toBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { resolvePath } from '../snapshot/resolve.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import type { Tree } from '../snapshot/tree.ts';
import type { StepSandbox } from './run-sandbox.ts';

const DEFAULT_SHELL = '/bin/sh';

/**
 * Runs a shell where a step's command runs or has run: in its root with what it wrote, with its environment, user,
 * directory, mounts and network, by our own launcher whatever ran the step. What the shell writes is discarded with the step.
 */
export async function runShell(step: StepSandbox, snapshots: Snapshots, io: SandboxIo): Promise<SandboxExit> {
  const { draft, spec, vertex } = step;
  const view = await viewOf(step, snapshots);
  const env = withTerminal(spec.env as readonly string[], io);
  const args = shellIn(view, vertex.display.shell, { env, cwd: spec.cwd });
  const again = (overlay: OverlaySpec) => withNewWork(overlay, draft.directory, snapshots);
  const mounts = spec.mounts?.map(({ source, ...mount }) =>
    typeof source === 'object' && 'overlay' in source
      ? { ...mount, source: { ...source, overlay: again(source.overlay) } }
      : { ...mount, source },
  );
  return runSandbox({ ...spec, overlay: again(spec.overlay), mounts, env, args }, io);
}

/** What the step's root is by now. */
async function viewOf({ draft, spec: { overlay } }: StepSandbox, snapshots: Snapshots): Promise<Tree> {
  if (overlay.copied !== true) return snapshots.viewBelow(draft.fs, draft.parent);
  return snapshots.viewBelow(join(snapshots.directory, fromBytePath(overlay.upper)), null);
}

/** The same overlay mounted once more: with `volatile` a work directory serves once. */
function withNewWork(overlay: OverlaySpec, directory: string, snapshots: Snapshots): OverlaySpec {
  const work = join(directory, uniqueName('work-'));
  mkdirSync(work, { mode: 0o700 });
  return { ...overlay, work: toBytePath(relative(snapshots.directory, work)) };
}

function withTerminal(env: readonly string[], { terminal }: SandboxIo): readonly string[] {
  const isSet = terminal === undefined || env.some((pair) => pair.startsWith('TERM='));
  return isSet ? env : [...env, 'TERM=xterm'];
}

/** Where programs are looked for. */
interface Surroundings {
  env: readonly string[];
  cwd: string;
}

/** The stage's SHELL without its options, which are for commands; else /bin/sh. */
function shellIn(view: Tree, shell: readonly string[] | undefined, surroundings: Surroundings): readonly string[] {
  const own = (shell ?? []).slice(0, firstOption(shell ?? []));
  for (const args of [own, [DEFAULT_SHELL]]) {
    if (args[0] !== undefined && isProgram(view, args[0], surroundings)) return args;
  }
  const tried = own[0] === undefined || own[0] === DEFAULT_SHELL ? DEFAULT_SHELL : `${own[0]} or ${DEFAULT_SHELL}`;
  throw new TsbuildError('NOT_FOUND', `there is no shell in the image: it has no ${tried}`, {
    hint: 'build the stage on an image that has one while you look at it',
  });
}

function firstOption(words: readonly string[]): number {
  const at = words.findIndex((word) => word.startsWith('-'));
  return at < 0 ? words.length : at;
}

function isProgram(view: Tree, name: string, { env, cwd }: Surroundings): boolean {
  const path = env.find((pair) => pair.startsWith('PATH='))?.slice('PATH='.length) ?? '';
  const directories = name.includes('/') ? [''] : path.split(':');
  return directories.some((directory) => {
    const { entry } = resolvePath(view, toBytePath(posix.resolve(cwd, directory, name)), { followLast: true });
    return entry?.type === 'file' && (entry.mode & 0o111) !== 0;
  });
}
