import { join } from 'node:path';
import type { Invocation } from '../measure.ts';

/** One build of a case: the same for every peer. */
export interface Job {
  /** The directory with the build file and the context. */
  context: string;
  /** The name of the image. */
  tag: string;
  /** Every instruction is executed. */
  noCache: boolean;
  /** The file that an OCI archive of the image with its layers in gzip is written to. */
  archive?: string | undefined;
}

/** The image that every case builds on. */
export const BASE = 'tsbuild-bench/base:latest';

/** The arguments of a bake of that context, from any working directory. */
export function bakeArguments({ context, noCache }: Job): string[] {
  const cache = noCache ? ['--no-cache'] : [];
  return ['bake', ...cache, '-f', join(context, 'docker-bake.hcl'), '--set', `*.context=${context}`];
}

/** A builder that can be measured. */
export interface Peer {
  readonly name: string;
  /** Its version; `undefined` where it is not installed or cannot build here. */
  version(): Promise<string | undefined>;
  /** Takes this tar of a root file system as the image BASE, before anything is measured. */
  importBase(tar: string): Promise<void>;
  /** Forgets every build, so that the next one is the first; the base stays. Without it, no cold case is measured. */
  readonly forget?: () => Promise<void>;
  /** Removes what it has forgotten and not removed yet: when nobody is being measured. */
  readonly sweep?: () => Promise<void>;
  build(job: Job): Invocation;
  /** The names of the cases that it can take part in: it is no builder. */
  readonly only?: readonly string[];
  /** Whether one command builds and writes an archive. */
  readonly archives: boolean;
  /** Whether 100,000 files, or a GiB, take it about a minute or more. */
  readonly slow: boolean;
  /** The same for all targets of the `docker-bake.hcl` of the context. Without it, no case with a bake file is measured. */
  readonly bake?: (job: Job) => Invocation;
  /** Removes everything that the measurement left behind. */
  remove(): Promise<void>;
}
