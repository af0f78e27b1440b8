import { parseReference, repositoryName } from '../oci/reference.ts';
import type { Descriptor, Platform } from '../oci/types.ts';
import { countBaseLayers } from './assemble.ts';
import { attested } from './attest.ts';
import type { Built, BuiltImage, DeliverContext, DeliverOptions } from './built.ts';
import { annotated, readContents } from './contents.ts';
import { type Exported, type ExportedImage, writeImage, writeIndex } from './image.ts';
import { layersOf } from './layers.ts';
import type { Output } from './output.ts';

/** What was delivered. */
export interface Delivered {
  /** Absent where only files were asked for (`tar`, `local`). */
  image?: Exported | undefined;
  names: readonly string[];
  /** What the names lead to; in a registry the layers are compressed, so that it has another digest than here. */
  named?: Descriptor | undefined;
}

/** Brings the result of a build to each of its outputs. What is half written when one fails is removed. */
export async function deliver(built: Built, context: DeliverContext, options: DeliverOptions): Promise<Delivered> {
  const names = new Set(options.tags);
  let made: Exported | undefined;
  let image: Exported | undefined;
  let named: Descriptor | undefined;
  const exported = async () => {
    made ??= await options.step('exporting layers', () => exportImages(built, context, options));
    return made;
  };
  for (const output of options.outputs) {
    options.signal.throwIfAborted();
    if (output.type === 'tar' || output.type === 'local') {
      const { deliverFiles } = await import('./deliver-files.ts');
      await deliverFiles(output, built, context, options);
    } else {
      const exportedImage = await exported();
      const delivered = await deliverImage(output, { ...exportedImage, built }, context, options);
      image = isAttested(built) ? { ...exportedImage, descriptor: delivered.stored } : exportedImage;
      for (const name of delivered.names) names.add(name);
      named = delivered.named ?? named;
    }
  }
  return { image, names: [...names], named };
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

/** Says under which names the image is now found. */
async function deliverImage(
  output: Extract<Output, { names: readonly string[] }>,
  image: Exported & { built: Built },
  context: DeliverContext,
  options: DeliverOptions,
): Promise<{ names: string[]; named?: Descriptor | undefined; stored: Descriptor }> {
  const names = [...new Set([...options.tags, ...output.names])];
  const descriptor = await describedImage(output, image, names, context);
  const id = idOf({ ...image, descriptor: isAttested(image.built) ? descriptor : image.descriptor });
  if (output.type !== 'image') {
    const { epoch, signal, step } = options;
    const place = output.directory ? 'directory' : 'archive';
    await step(`exporting to ${output.type} ${place}`, async (progress) => {
      const { writeArchive } = await import('./write-archive.ts');
      await writeArchive(output, [{ descriptor, references: names }], context, { epoch, signal, progress });
    });
    return { names, stored: descriptor };
  }
  if (names.length === 0 || output.byDigest) {
    await options.step(`writing image ${id}`, () => context.store.images.add(descriptor));
  }
  const found: string[] = [];
  let there: Descriptor | undefined;
  for (const name of names) {
    there = await deliverName(name, output, descriptor, { context, options });
    if (!(output.byDigest && output.canonical)) found.push(name);
    if (output.canonical) found.push(`${repositoryName(parseReference(name))}@${there.digest}`);
  }
  return { names: found, named: there, stored: descriptor };
}

/** Names an image, and pushes it under that name. Returns what is found there then. */
async function deliverName(
  name: string,
  { push, form, byDigest }: Extract<Output, { type: 'image' }>,
  descriptor: Descriptor,
  { context, options: { signal, step } }: { context: DeliverContext; options: DeliverOptions },
): Promise<Descriptor> {
  if (!byDigest) await step(`naming to ${name}`, () => context.store.images.tag(name, descriptor));
  if (!push) return descriptor;
  return step(`pushing ${name}`, async (progress) => {
    const { pushImage } = await import('./push.ts');
    return pushImage(name, { descriptor }, context, { signal, progress, form, byDigest });
  });
}

/** The image with the annotations of an output and with what is attested of it. */
async function describedImage(
  { annotations }: Extract<Output, { names: readonly string[] }>,
  { descriptor, built }: Exported & { built: Built },
  names: readonly string[],
  { store: { content } }: DeliverContext,
): Promise<Descriptor> {
  if (annotations === undefined && !isAttested(built)) return descriptor;
  const plain = readContents(descriptor, content);
  const contents = annotations === undefined ? plain : await annotated(plain, annotations, content);
  if (!isAttested(built)) return contents.descriptor;
  const images = built.images.map((image) => ({
    platform: indexPlatform(image),
    attestations: image.attestations ?? [],
  }));
  return (await attested(contents, images, { names, content, indexAnnotations: annotations?.index })).descriptor;
}

function isAttested({ images }: Built): boolean {
  return images.some(({ attestations = [] }) => attestations.length > 0);
}

/** What people call an image by: the digest of its configuration; an index has but its own. */
export function idOf({ descriptor, images: [first] }: Exported): string {
  return descriptor.digest === first.descriptor.digest ? first.manifest.config.digest : descriptor.digest;
}
