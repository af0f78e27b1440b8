import type { Instruction } from '../../grammar/index.ts';
import type { Digest } from '../base/digest.ts';
import type { TsbuildError } from '../base/error.ts';
import type { SourceFile, SourceRange } from '../base/source.ts';
import type { UrlCredentials } from '../base/url-credentials.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import type { Vertex } from '../graph/vertex.ts';
import type { Descriptor, ImageConfig, Platform } from '../oci/types.ts';

/** A base image as the frontend needs it: nothing has been fetched but its manifest and configuration. */
export interface ResolvedImage {
  /** The full reference, e.g. `docker.io/library/alpine:3`. */
  reference: string;
  /** What the name leads to: an index, where there is one; absent where it is the manifest. */
  digest?: Digest | undefined;
  manifest: Descriptor;
  layers: readonly Descriptor[];
  config: ImageConfig;
  /** Stands for an image that could not be looked at, so that the checks can go on. */
  unknown?: true;
}

export interface ResolveImageRequest {
  /** As written, after expansion. */
  name: string;
  platform: Platform;
}

/** What `--build-context` puts in the place of a name: of an image, or of a stage of the file. */
export type NamedContext =
  | { kind: 'image'; image: ResolvedImage }
  /** A directory of this machine, as the build context of this scope (see `Vertex`). */
  | { kind: 'directory'; scope: string }
  /** A root filesystem without a configuration, e.g. of a repository. */
  | { kind: 'tree'; vertex: Vertex }
  /** What another target builds: files, configuration and history. */
  | { kind: 'plan'; plan: ImagePlan };

/** Finds what a name means; undefined where it is that of an image or stage as any other. */
export type ResolveNamedContext = (name: string, platform: Platform) => Promise<NamedContext | undefined>;

export interface Warning {
  message: string;
  source: SourceFile;
  location?: SourceRange | undefined;
  /** The check that warns, and what it is about. */
  rule?: string | undefined;
  detail?: string | undefined;
}

export interface Tolerance {
  /** Told of what is wrong with a base image or an instruction. */
  error(error: TsbuildError): void;
  /** What to go on with in the place of an image that cannot be had. */
  standIn(request: ResolveImageRequest): ResolvedImage;
}

/** Rights that a build file may ask for, and that the command line has to grant. */
export type Entitlement = 'network.host' | 'security.insecure';

/** What the command line says of all steps that run something; part of their keys. */
export interface StepSettings {
  /** The network of the steps that name none. */
  network?: 'default' | 'none' | 'host' | undefined;
  /** Bytes of /dev/shm. */
  shmSize?: number | undefined;
  ulimits?: readonly { name: string; soft: number; hard: number }[] | undefined;
  allow?: readonly Entitlement[] | undefined;
}

export interface PlanOptions {
  steps?: StepSettings | undefined;
  /** `--target`: the name or number of a stage; the last one where undefined. */
  target?: string | undefined;
  buildArgs: Readonly<Record<string, string>>;
  /** `--label`: set on the image that is built, without a history entry. */
  labels: Readonly<Record<string, string>>;
  /** The scope of the vertices: see `Vertex`. */
  scope: string;
  /** Stands before the names of the steps, where they are of several images: `app` in `[app build 2/5] RUN …`. */
  label?: string | undefined;
  /** Whether the names of the steps say for which platform they are. */
  showPlatform?: boolean | undefined;
  /** Every step is executed. */
  noCache: boolean;
  /** The steps of these stages are executed. */
  noCacheFilter?: readonly string[] | undefined;
  /** What this machine is, and what the image is for. */
  buildPlatform: Platform;
  targetPlatform: Platform;
  /** The target platform is what somebody asked for, and not just that of this machine. */
  platformGiven?: boolean | undefined;
  /** Whether this machine runs programs of another platform through an emulator; of none where absent. */
  emulates?: ((platform: Platform) => boolean) | undefined;
  resolveImage: (request: ResolveImageRequest) => Promise<ResolvedImage>;
  /** Takes what stands before the hosts of URLs; it is dropped where nothing will be fetched. */
  credentials?: UrlCredentials | undefined;
  /**
   * An instruction of the target stage, with which planning ends: the root filesystem of the plan is then a RUN, over
   * what is there before the instruction. It is the instruction itself, or stands in for it.
   */
  upTo?: Instruction | undefined;
  /** `--build-context`; asked before a name is taken for that of an image or of a stage. */
  namedContext?: ResolveNamedContext | undefined;
  /** For planning that looks at all it can, instead of ending at the first error. */
  tolerance?: Tolerance | undefined;
  warn: (warning: Warning) => void;
}
