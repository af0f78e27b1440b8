import { isDeepStrictEqual } from 'node:util';
import type { Digest } from '../base/digest.ts';
import type { Descriptor, ImageConfig } from '../oci/types.ts';
import type { ExportedImage } from './image.ts';
import { layerDifference } from './layer-difference.ts';

/** Where two images that ought to be the same begin to differ. */
export interface ImageDifference {
  /** The instruction as the history has it; undefined for what no step makes. */
  step?: string | undefined;
  /** A file, or a field of the configuration such as `config.Env`. */
  place: string;
  attributes: readonly string[];
}

/** An image, and the content of its layers as plain tars. */
export interface ReadableImage extends ExportedImage {
  read: (layer: Descriptor, diffId: Digest) => Promise<AsyncIterable<Buffer>>;
}

/** The first difference of two images: of their layers from the base upwards, then of their configurations. */
export async function imageDifference(one: ReadableImage, other: ReadableImage): Promise<ImageDifference | undefined> {
  const [left, right] = [one.config.rootfs.diff_ids, other.config.rootfs.diff_ids];
  for (const [index, diffId] of left.entries()) {
    const there = right[index];
    if (there === undefined) break;
    if (there === diffId) continue;
    const found = await layerDifference(
      await one.read(one.manifest.layers[index] as Descriptor, diffId),
      await other.read(other.manifest.layers[index] as Descriptor, there),
    );
    const step = stepOf(one, index);
    if (found === undefined) return { step, place: 'the layer', attributes: ['padding or headers of its tar'] };
    return { step, place: found.path, attributes: found.attributes };
  }
  return configDifference(one, other);
}

/** The instruction that made a layer. */
function stepOf({ config: { history = [] } }: ExportedImage, layer: number): string | undefined {
  return history.filter(({ empty_layer: isEmpty }) => !isEmpty)[layer]?.created_by;
}

function configDifference(one: ReadableImage, other: ReadableImage): ImageDifference | undefined {
  const found = firstDifference(asWritten(one.config), asWritten(other.config), []);
  if (found === undefined) return undefined;
  const [first, index] = found.path;
  const step = first === 'history' ? one.config.history?.[Number(index)]?.created_by : undefined;
  return { step, place: found.path.join('.'), attributes: [`${show(found.one)} and ${show(found.other)}`] };
}

/** Without fields that are undefined, which are not written. */
function asWritten(config: ImageConfig): unknown {
  return JSON.parse(JSON.stringify(config));
}

interface Different {
  path: readonly string[];
  one: unknown;
  other: unknown;
}

function firstDifference(one: unknown, other: unknown, path: readonly string[]): Different | undefined {
  if (isDeepStrictEqual(one, other)) return undefined;
  if (!isObject(one) || !isObject(other)) return { path, one, other };
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const found = firstDifference(one[key], other[key], [...path, key]);
    if (found !== undefined) return found;
  }
  return { path: [...path, 'order of the fields'], one: Object.keys(one), other: Object.keys(other) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
