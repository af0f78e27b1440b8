import { type Digest, digestOf } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import { parseImageConfig } from './config.ts';
import { parseManifest } from './manifest.ts';
import { compressionOf, DOCKER_MANIFEST, isConfigType, OCI_MANIFEST } from './media-types.ts';
import type { Descriptor, ImageConfig, Manifest } from './types.ts';
import { inspectLayer } from './validate-layer.ts';

export interface ImageToValidate {
  manifest: Manifest | Uint8Array;
  /** The configuration blob, byte for byte. */
  config: Uint8Array;
  /** Gives the content of a layer blob; without it the layers are only counted. */
  readBlob?: ((descriptor: Descriptor) => AsyncIterable<Buffer> | Promise<AsyncIterable<Buffer>>) | undefined;
}

/**
 * Checks everything that must hold for an image, in itself and between its parts: digests, sizes and diffIDs are
 * those of the content, the counts of layers, diffIDs and history agree, media types go together, every layer is a
 * sound tar. Throws INVALID with all that is wrong as its details.
 */
export async function validateImage({ manifest, config, readBlob }: ImageToValidate): Promise<void> {
  const parsed = manifest instanceof Uint8Array ? parseManifest(manifest) : manifest;
  const image = parseImageConfig(config);
  const problems = [
    ...contentProblems('config', parsed.config, digestOf(config), config.length),
    ...mediaTypeProblems(parsed),
    ...countProblems(parsed, image),
    ...configProblems(image),
  ];
  for (const [i, layer] of parsed.layers.entries()) {
    if (readBlob === undefined) break;
    problems.push(...(await layerProblems(`layer ${i}`, layer, image.rootfs.diff_ids[i], await readBlob(layer))));
  }
  if (problems.length === 0) return;
  throw new TsbuildError('INVALID', `not a valid image: ${problems[0]}`, { notes: problems });
}

async function layerProblems(
  name: string,
  layer: Descriptor,
  diffId: Digest | undefined,
  content: AsyncIterable<Buffer>,
): Promise<string[]> {
  const found = await inspectLayer(content);
  const problems = [...contentProblems(name, layer, found.digest, found.size)];
  const announced = compressionOf(layer.mediaType);
  if (found.compression !== announced) problems.push(`${name} is ${found.compression}, not ${announced}`);
  if (diffId !== found.diffId) problems.push(`${name} has the diffID ${found.diffId}, the config says ${diffId}`);
  return [...problems, ...found.problems.map((problem) => `${name}: ${problem}`)];
}

function contentProblems(name: string, descriptor: Descriptor, digest: Digest, size: number): string[] {
  const problems: string[] = [];
  if (descriptor.digest !== digest) problems.push(`${name} has the digest ${digest}, not ${descriptor.digest}`);
  if (descriptor.size !== size) problems.push(`${name} has ${size} bytes, not ${descriptor.size}`);
  return problems;
}

/** Tools that know one family of media types stumble over a mixture. */
function mediaTypeProblems(manifest: Manifest): string[] {
  const family = manifest.mediaType === DOCKER_MANIFEST ? 'docker' : 'oci';
  const known = [undefined, OCI_MANIFEST, DOCKER_MANIFEST].includes(manifest.mediaType);
  const problems = known ? [] : [`the manifest has the media type ${manifest.mediaType}`];
  if (!isConfigType(manifest.config.mediaType)) problems.push(`the config has the type ${manifest.config.mediaType}`);
  for (const { mediaType } of manifest.layers) {
    if (compressionOf(mediaType) === undefined) problems.push(`${mediaType} is not a layer`);
  }
  for (const { mediaType } of [manifest.config, ...manifest.layers]) {
    if (!mediaType.startsWith(`application/vnd.${family}.`)) problems.push(`${mediaType} in an ${family} manifest`);
  }
  return problems;
}

function countProblems({ layers }: Manifest, { rootfs, history }: ImageConfig): string[] {
  const problems: string[] = [];
  const diffIds = rootfs.diff_ids.length;
  if (diffIds !== layers.length) problems.push(`${layers.length} layers, but ${diffIds} diffIDs`);
  const entries = history?.filter((entry) => entry.empty_layer !== true).length;
  if (entries !== undefined && entries !== layers.length) {
    problems.push(`${layers.length} layers, but ${entries} history entries that are not empty`);
  }
  return problems;
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function configProblems({ architecture, os, created, history, config = {} }: ImageConfig): string[] {
  const problems: string[] = [];
  if (architecture === '' || os === '') problems.push('the config does not say its platform');
  for (const time of [created, ...(history ?? []).map((entry) => entry.created)]) {
    if (time !== undefined && !RFC3339.test(time)) problems.push(`${JSON.stringify(time)} is not a time of RFC 3339`);
  }
  const names = (config.Env ?? []).map((assignment) => assignment.split('=', 1)[0] ?? '');
  if (!(config.Env ?? []).every((assignment) => assignment.indexOf('=') > 0)) problems.push('an Env without name or =');
  if (new Set(names).size !== names.length) problems.push('a variable twice in Env');
  if (config.WorkingDir && !config.WorkingDir.startsWith('/')) problems.push('a WorkingDir that is not absolute');
  return problems;
}
