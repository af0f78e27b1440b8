import type { Digest } from '../base/digest.ts';

/** OCI image-spec descriptor.md. `size` is in bytes. */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  size: number;
  urls?: readonly string[] | undefined;
  annotations?: Readonly<Record<string, string>> | undefined;
  platform?: Platform | undefined;
  artifactType?: string | undefined;
}

/** OCI image-spec image-index.md; the values are Go's GOOS and GOARCH. */
export interface Platform {
  architecture: string;
  os: string;
  variant?: string | undefined;
  'os.version'?: string | undefined;
  'os.features'?: readonly string[] | undefined;
}

/** OCI image-spec manifest.md. Layers go from the base upwards. */
export interface Manifest {
  schemaVersion: 2;
  mediaType?: string | undefined;
  artifactType?: string | undefined;
  config: Descriptor;
  layers: readonly Descriptor[];
  subject?: Descriptor | undefined;
  annotations?: Readonly<Record<string, string>> | undefined;
}

/** OCI image-spec image-index.md. */
export interface Index {
  schemaVersion: 2;
  mediaType?: string | undefined;
  artifactType?: string | undefined;
  manifests: readonly Descriptor[];
  subject?: Descriptor | undefined;
  annotations?: Readonly<Record<string, string>> | undefined;
}

/** The configuration blob of an image: OCI image-spec config.md with the fields that Docker adds. */
export interface ImageConfig extends Platform {
  /** RFC 3339. */
  created?: string | undefined;
  author?: string | undefined;
  config?: ContainerConfig | undefined;
  rootfs: RootFs;
  history?: readonly History[] | undefined;
}

export interface RootFs {
  type: 'layers';
  /** Digests of the uncompressed layers, from the base upwards. */
  diff_ids: readonly Digest[];
}

/** One instruction of the build. A history entry that is not `empty_layer` stands for one layer, in order. */
export interface History {
  /** RFC 3339. */
  created?: string | undefined;
  created_by?: string | undefined;
  author?: string | undefined;
  comment?: string | undefined;
  empty_layer?: boolean | undefined;
}

/** What a container of the image starts with (`config` in config.md, with Docker's fields). */
export interface ContainerConfig {
  User?: string | undefined;
  ExposedPorts?: Readonly<Record<string, EmptyObject>> | undefined;
  /** `NAME=value`. */
  Env?: readonly string[] | undefined;
  Entrypoint?: readonly string[] | undefined;
  Cmd?: readonly string[] | undefined;
  Volumes?: Readonly<Record<string, EmptyObject>> | undefined;
  WorkingDir?: string | undefined;
  Labels?: Readonly<Record<string, string>> | undefined;
  StopSignal?: string | undefined;
  ArgsEscaped?: boolean | undefined;
  Healthcheck?: Healthcheck | undefined;
  OnBuild?: readonly string[] | undefined;
  Shell?: readonly string[] | undefined;
}

export type EmptyObject = Readonly<Record<string, never>>;

/** Durations are in nanoseconds; 0 or absent means inherited. */
export interface Healthcheck {
  /** `[]` inherited, `['NONE']`, `['CMD', …]` or `['CMD-SHELL', command]`. */
  Test?: readonly string[] | undefined;
  Interval?: number | undefined;
  Timeout?: number | undefined;
  StartPeriod?: number | undefined;
  StartInterval?: number | undefined;
  Retries?: number | undefined;
}
