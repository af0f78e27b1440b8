import type { Platform } from '../oci/types.ts';
import { countBaseLayers } from './assemble.ts';
import type { Built, BuiltImage, DeliverContext, DeliverOptions } from './built.ts';
import { deliverFiles } from './deliver-files.ts';
import { type Exported, type ExportedImage, writeImage, writeIndex } from './image.ts';
import { layersOf } from './layers.ts';
import type { Output } from './output.ts';
import { pushImage } from './push.ts';
import { writeArchive } from './write-archive.ts';

/** What was delivered. */
export interface Delivered {
  /** Absent where only files were asked for (`tar`, `local`). */
  image?: Exported | undefined;
  names: readonly string[];
}

/** Brings the result of a build to each of its outputs. What is half written when one fails is removed. */
export async function deliver(built: Built, context: DeliverContext, options: DeliverOptions): Promise<Delivered> {
  const names = new Set(options.tags);
  let image: Exported | undefined;
  const exported = async () => {
    image ??= await options.step('exporting layers', () => exportImages(built, context, options));
    return image;
  };
  for (const output of options.outputs) {
    options.signal.throwIfAborted();
    if (output.type === 'tar' || output.type === 'local') await deliverFiles(output, built, context, options);
    else {
      for (const name of output.names) names.add(name);
      await deliverImage(output, await exported(), context, options);
    }
  }
  return { image, names: [...names] };
}

async function exportImages(
  { images, multiPlatform }: Built,
  context: DeliverContext,
  options: DeliverOptions,
): Promise<Exported> {
  const written: (ExportedImage & { platform: Platform })[] = [];
  for (const image of images) {
    written.push({ ...(await exportImage(image, context, options)), platform: indexPlatform(image) });
  }
  const [first, ...others] = written as [(typeof written)[0], ...typeof written];
  const descriptor = multiPlatform ? await writeIndex(written, context.store.content) : first.descriptor;
  return { descriptor, images: [first, ...others] };
}

async function exportImage(
  { plan, snapshot, extraConfig }: BuiltImage,
  { store, snapshots, layers }: DeliverContext,
  { epoch: given, signal }: DeliverOptions,
): Promise<ExportedImage> {
  const epoch = plan.epoch ?? given;
  const baseLayers = countBaseLayers(plan);
  const assembled = await layersOf(snapshot, {
    snapshots,
    layers,
    content: store.content,
    epoch,
    signal,
    baseLayers,
  });
  signal.throwIfAborted();
  return writeImage(plan, assembled, store.content, { epoch, extraConfig });
}

/** What an index says of an image: what was asked for. For Windows the version is that of the base. */
function indexPlatform({ platform, plan }: BuiltImage): Platform {
  if (platform.os !== 'windows' || plan.platform.os !== 'windows') return platform;
  const { 'os.version': version, 'os.features': features } = plan.platform;
  return { 'os.version': version, 'os.features': features, ...platform };
}

async function deliverImage(
  output: Extract<Output, { names: readonly string[] }>,
  image: Exported,
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
    await options.step(`writing image ${idOf(image)}`, () => images.add(image.descriptor));
  }
  for (const name of names) {
    await options.step(`naming to ${name}`, () => images.tag(name, image.descriptor));
    if (output.push) {
      await options.step(`pushing ${name}`, (progress) => pushImage(name, image, context, { ...options, progress }));
    }
  }
}

/** What people call an image by: the digest of its configuration; an index has but its own. */
export function idOf({ descriptor, images: [first] }: Exported): string {
  return descriptor.digest === first.descriptor.digest ? first.manifest.config.digest : descriptor.digest;
}
