/** Media types of images: OCI image-spec media-types.md and Docker's image manifest v2 schema 2. */
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar';
export const OCI_LAYER_GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const OCI_LAYER_ZSTD = 'application/vnd.oci.image.layer.v1.tar+zstd';

export const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';
const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar';
export const DOCKER_LAYER_GZIP = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
const DOCKER_LAYER_ZSTD = 'application/vnd.docker.image.rootfs.diff.tar.zstd';

export type LayerCompression = 'none' | 'gzip' | 'zstd';

const COMPRESSION: ReadonlyMap<string, LayerCompression> = new Map([
  [OCI_LAYER, 'none'],
  [OCI_LAYER_GZIP, 'gzip'],
  [OCI_LAYER_ZSTD, 'zstd'],
  [DOCKER_LAYER, 'none'],
  [DOCKER_LAYER_GZIP, 'gzip'],
  [DOCKER_LAYER_ZSTD, 'zstd'],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar', 'none'],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', 'gzip'],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar+zstd', 'zstd'],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar', 'none'],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'gzip'],
]);

/** How a layer of this type is compressed; undefined where the type is not a layer that we know. */
export function compressionOf(mediaType: string): LayerCompression | undefined {
  return COMPRESSION.get(mediaType);
}

/** The type of a layer in one of the two families. */
export function layerType(compression: 'gzip' | 'zstd' | 'uncompressed', docker: boolean): string {
  const [plain, gzip, zstd] = docker
    ? [DOCKER_LAYER, DOCKER_LAYER_GZIP, DOCKER_LAYER_ZSTD]
    : [OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD];
  if (compression === 'uncompressed') return plain;
  return compression === 'gzip' ? gzip : zstd;
}

const DOCKER_TYPES: ReadonlyMap<string, string> = new Map([
  [OCI_INDEX, DOCKER_INDEX],
  [OCI_MANIFEST, DOCKER_MANIFEST],
  [OCI_CONFIG, DOCKER_CONFIG],
  [OCI_LAYER, DOCKER_LAYER],
  [OCI_LAYER_GZIP, DOCKER_LAYER_GZIP],
  [OCI_LAYER_ZSTD, DOCKER_LAYER_ZSTD],
]);

/** Docker's type for the same kind of document; its own where it has none. */
export function dockerTypeOf(mediaType: string): string {
  return DOCKER_TYPES.get(mediaType) ?? mediaType;
}

export function isDockerType(mediaType: string): boolean {
  return mediaType.startsWith('application/vnd.docker.');
}

export function isIndexType(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_INDEX;
}

export function isManifestType(mediaType: string): boolean {
  return mediaType === OCI_MANIFEST || mediaType === DOCKER_MANIFEST;
}

export function isConfigType(mediaType: string): boolean {
  return mediaType === OCI_CONFIG || mediaType === DOCKER_CONFIG;
}
