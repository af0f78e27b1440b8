import type { Backend, Limits } from '../../runner/index.ts';
import type { AttestOptions } from '../attest/options.ts';
import type { Digest } from '../base/digest.ts';
import type { EventSink } from '../base/events.ts';
import type { Files } from '../base/files.ts';
import type { CacheFrom, CacheTo } from '../cache/options.ts';
import type { TargetExplanation } from '../explain/types.ts';
import type { Output } from '../export/output.ts';
import type { ResolvedImage, ResolveImageRequest, StepSettings } from '../frontend/plan-types.ts';
import type { Platform } from '../oci/types.ts';
import type { SecretSource } from '../ops/mounts/secret.ts';
import type { HostEntry } from '../ops/sandbox-root.ts';
import type { AgentSource } from '../ssh/agent.ts';
import type { OpenShell } from './failed-step.ts';

/** One image to build, and where it goes. A build has one of these, or several that share one graph. */
export interface BuildTarget {
  /** Shown before its steps where a build has several targets. */
  name?: string | undefined;
  /** The build context: a directory. */
  context: string;
  /** `--build-context`: by the name that `contextName` makes, what each one is, as written. */
  contexts?: Readonly<Record<string, string>> | undefined;
  /** The build file, relative to the working directory; `-` is standard input. Looked for in the context where absent. */
  file?: string | undefined;
  /** The text of the build file, where it stands in a bake file. */
  inline?: string | undefined;
  /** The stage, by name or number; the last one where absent. */
  target?: string | undefined;
  /** Full names. */
  tags: readonly string[];
  buildArgs: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  noCache: boolean;
  /** Stages of which every step is executed. */
  noCacheFilter?: readonly string[] | undefined;
  /** What to build for; this machine where absent or empty. */
  platforms?: readonly Platform[] | undefined;
  /** Ask the registries for newer base images. */
  pull: boolean;
  /** `--secret` and `--ssh`, by id: what `RUN --mount` may use. */
  secrets?: ReadonlyMap<string, SecretSource> | undefined;
  agents?: ReadonlyMap<string, AgentSource> | undefined;
  /** `--add-host` and limits: no part of any key. */
  hosts?: readonly HostEntry[] | undefined;
  limits?: Limits | undefined;
  /** What the steps run with, and what they may ask for. */
  steps?: StepSettings | undefined;
  /** A line of the build file: what is planned ends before its instruction (`PlanOptions.upTo`). */
  at?: number | undefined;
  outputs: readonly Output[];
  /** Where other machines may have left what they made of the same steps; the first that knows a step counts. */
  cacheFrom?: readonly CacheFrom[] | undefined;
  /** Where this build leaves it. */
  cacheTo?: readonly CacheTo[] | undefined;
  /** What is attested of the result; nothing where absent. */
  attest?: AttestOptions | undefined;
  /** SOURCE_DATE_EPOCH in seconds, where neither a build argument nor the build file says it. */
  epoch?: number | undefined;
  /** The files of the build file and the contexts: as they are, where absent. */
  files?: Files | undefined;
}

/** What holds for a build as a whole. */
export interface BuildSettings {
  /** How many steps run at once. */
  jobs: number;
  /** No registry is asked: what is not in the store is an error. */
  offline?: boolean | undefined;
  /** What images mean; every image of a build file has to be there. */
  locked?: ReadonlyMap<string, Digest> | undefined;
  /** What to go on with in the place of a base image that cannot be had. Without it that is an error. */
  standIn?: ((request: ResolveImageRequest) => ResolvedImage) | undefined;
  root: string;
  rootless: boolean;
  /** The user namespace maps a single id. */
  singleUid: boolean;
  /** Steps have a network of their own, where this machine can; else that of the host. */
  isolateNetwork?: boolean | undefined;
  /** What makes the sandboxes of steps; by default the launcher. */
  backend?: Backend | undefined;
  emit: EventSink;
  signal: AbortSignal;
  /** Told, when all is solved or something failed, why each step was executed or not. */
  onExplained?: ((explanations: readonly TargetExplanation[]) => void) | undefined;
  /**
   * Told of what a build has failed with, when nothing of it runs any more; where that was a command, with a way to
   * look at what the command left, which is gone once this is done.
   */
  onFailed?: ((error: unknown, shell: OpenShell | undefined) => Promise<void>) | undefined;
}
