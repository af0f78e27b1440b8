import type { EventSink } from '../base/events.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import type { BaseLayers } from '../ops/base-layers.ts';
import type { ImageSource } from '../ops/image-source.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import type { Store } from '../store/open.ts';
import { countBaseLayers } from './assemble.ts';
import { destinationStream } from './destination.ts';
import { type ExportedImage, writeImage } from './image.ts';
import { layersOf } from './layers.ts';
import type { Output } from './output.ts';
import { pushImage } from './push.ts';
import { copyRootfs, packRootfs } from './rootfs.ts';
import { writeArchive } from './write-archive.ts';

export interface DeliverContext {
  store: Store;
  snapshots: Snapshots;
  layers: BaseLayers;
  images: ImageSource;
}

export interface DeliverOptions {
  outputs: readonly Output[];
  /** Full names, from `-t`. */
  tags: readonly string[];
  /** SOURCE_DATE_EPOCH in seconds. */
  epoch?: number | undefined;
  /** Files of a directory then all belong to the user who builds. */
  rootless: boolean;
  emit: EventSink;
  signal: AbortSignal;
  /** Shows a piece of work as a step. */
  step: <T>(name: string, work: (progress: Progress) => Promise<T>) => Promise<T>;
}

type Progress = (id: string, action: string, current: number, total: number) => void;

/** What a build made. */
export interface Delivered {
  /** Absent where only files were asked for (`tar`, `local`). */
  image?: ExportedImage | undefined;
  names: readonly string[];
}

/** Brings the result of a build to each of its outputs. What is half written when one fails is removed. */
export async function deliver(
  plan: ImagePlan,
  snapshot: string | null,
  context: DeliverContext,
  options: DeliverOptions,
): Promise<Delivered> {
  const names = new Set(options.tags);
  let image: ExportedImage | undefined;
  const exported = async () => {
    image ??= await exportLayers(plan, snapshot, context, options);
    return image;
  };
  for (const output of options.outputs) {
    options.signal.throwIfAborted();
    if (output.type === 'tar' || output.type === 'local') await deliverFiles(output, snapshot, context, options);
    else {
      for (const name of output.names) names.add(name);
      await deliverImage(output, await exported(), context, options);
    }
  }
  return { image, names: [...names] };
}

async function exportLayers(
  plan: ImagePlan,
  snapshot: string | null,
  { store, snapshots, layers }: DeliverContext,
  { epoch, signal, step }: DeliverOptions,
): Promise<ExportedImage> {
  return step('exporting layers', async () => {
    const baseLayers = countBaseLayers(plan);
    const context = { snapshots, layers, content: store.content, epoch, signal, baseLayers };
    const assembled = await layersOf(snapshot, context);
    signal.throwIfAborted();
    return writeImage(plan, assembled, store.content, epoch);
  });
}

async function deliverImage(
  output: Extract<Output, { names: readonly string[] }>,
  image: ExportedImage,
  context: DeliverContext,
  options: DeliverOptions,
): Promise<void> {
  const names = [...new Set([...options.tags, ...output.names])];
  if (output.type !== 'image') {
    const { epoch, signal, step } = options;
    return step(`exporting to ${output.type} archive`, (progress) =>
      writeArchive(output, [{ ...image, references: names }], context, { epoch, signal, progress }),
    );
  }
  const { images } = context.store;
  if (names.length === 0) {
    await options.step(`writing image ${image.manifest.config.digest}`, () => images.add(image.descriptor));
  }
  for (const name of names) {
    await options.step(`naming to ${name}`, () => images.tag(name, image.descriptor));
    if (output.push) {
      await options.step(`pushing ${name}`, (progress) => pushImage(name, image, context, { ...options, progress }));
    }
  }
}

async function deliverFiles(
  output: { type: 'tar' | 'local'; destination: string },
  snapshot: string | null,
  { layers }: DeliverContext,
  { step, epoch, rootless, signal }: DeliverOptions,
): Promise<void> {
  await step(`exporting to ${output.type === 'tar' ? 'a tar' : output.destination}`, async (progress) => {
    const view = await layers.view(snapshot, progress);
    if (output.type === 'local') {
      return copyRootfs(view, output.destination, { owners: !rootless, clampTo: epoch, signal });
    }
    const stream = destinationStream(output.destination);
    await stream.write((emit) => packRootfs(view, emit, { clampTo: epoch, signal }));
  });
}
