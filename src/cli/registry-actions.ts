import type { EventSink } from '../base/events.ts';
import { internalStep } from '../build/internal-step.ts';
import type { Workspace } from '../build/workspace.ts';
import { pushImage } from '../export/push.ts';
import { hostPlatform, parsePlatform } from '../oci/platform.ts';
import { familiarName, formatReference, parseReference } from '../oci/reference.ts';
import { createProgress } from '../progress/progress.ts';
import { tagName } from './build-options.ts';
import { type LockOption, lockedImages } from './lock-option.ts';
import { environmentOf } from './namespace.ts';
import { withWorkspace } from './open.ts';
import type { GlobalArguments } from './options.ts';
import { cancelOnSignals } from './signals.ts';
import { colorOf } from './terminal.ts';

type Quiet = GlobalArguments & { quiet?: boolean | undefined };

/** Fetches an image with all of its layers and names it. Prints the digest of its manifest. */
export async function pullAction(
  argv: Quiet & LockOption & { image: string; platform?: string | undefined },
): Promise<number> {
  const locked = await lockedImages(argv);
  const name = locked === undefined ? argv.image : (await import('../build/lock.ts')).lockedName(argv.image, locked);
  return withProgress(argv, async (workspace, emit, signal) => {
    const platform = argv.platform === undefined ? hostPlatform() : parsePlatform(argv.platform);
    const reference = parseReference(argv.image);
    const { images, store } = workspace;
    const image = await internalStep(emit, `resolve ${familiarName(reference)}`, () =>
      images.resolve(name, { platform, pull: true, signal }),
    );
    await internalStep(emit, `pull ${familiarName(reference)}`, (progress) =>
      Promise.all(image.manifest.layers.map((layer) => images.ensureBlob(layer, progress, signal))),
    );
    if (reference.tag !== undefined)
      await store.images.tag(tagName(formatReference({ ...reference, digest: undefined })), image.descriptor);
    else await store.images.add(image.descriptor);
    return image.descriptor.digest;
  });
}

/** Sends an image that is in the store. Prints the digest under which the registry has it. */
export function pushAction(argv: Quiet & { image: string }): Promise<number> {
  return withProgress(argv, async (workspace, emit, signal) => {
    const name = tagName(argv.image);
    const image = workspace.images.find(argv.image);
    const pushed = await internalStep(emit, `push ${name}`, (progress) =>
      pushImage(name, image, workspace, { signal, progress }),
    );
    return pushed.digest;
  });
}

async function withProgress(
  argv: Quiet,
  work: (workspace: Workspace, emit: EventSink, signal: AbortSignal) => Promise<string>,
): Promise<number> {
  const cancellation = cancelOnSignals();
  const mode = argv.quiet ? 'quiet' : 'auto';
  const progress = createProgress({ mode, stream: process.stderr, color: colorOf(process.stderr) });
  try {
    const { signal } = cancellation;
    const digest = await withWorkspace(environmentOf(argv), signal, (workspace) =>
      work(workspace, progress.sink, signal),
    );
    progress.finish();
    process.stdout.write(`${digest}\n`);
    return 0;
  } catch (error) {
    const code = cancellation.exitCode();
    progress.finish(code === undefined ? error : undefined);
    return code ?? 1;
  } finally {
    cancellation.dispose();
  }
}
