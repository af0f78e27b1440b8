import type { Digest } from '../../base/digest.ts';
import type { SourceFile } from '../../base/source.ts';
import type { DefinedVertex } from '../../graph/definitions.ts';

/** An image that a build begins with or copies from. */
export interface BaseImage {
  /** The full name under which it was asked for, or `oci-layout://…`. */
  reference: string;
  /** Of what the name leads to: an index, where there is one. */
  digest: Digest;
  platform: string;
}

/** A context that came from a repository or a server, with what it was found to be. */
export interface FetchedOrigin {
  uri: string;
  digest: { sha1: string } | { sha256: string };
}

/** What is known of how an image was made: the material of its provenance. No value of a secret is in here. */
export interface BuildFacts {
  /** As written, by name: `build-arg:NAME`, `label:NAME`, `target` and such. */
  arguments: Readonly<Record<string, string>>;
  /** Whether some of the arguments were left out, since they may hold credentials. */
  withheld: boolean;
  /** Of the build file, as the context has it. */
  path: string;
  source: SourceFile;
  /** Absent where the context is a directory of this machine. */
  context: FetchedOrigin | undefined;
  /** The directories of this machine that files were taken from, by their names. */
  locals: readonly string[];
  secrets: readonly UsedById[];
  agents: readonly UsedById[];
  /** What the build came to: all steps, inputs first. */
  steps: readonly DefinedVertex[];
  /** By the digest of the manifest that a step has. */
  images: ReadonlyMap<Digest, readonly BaseImage[]>;
  /** The names of the build contexts, by scope. */
  contextNames: ReadonlyMap<string, string>;
  builderPlatform: string;
  /** Absent where the image has a time that is not the clock's: it would be another one each time. */
  invocation: { id: string; started: number; finished: number } | undefined;
}

export interface UsedById {
  id: string;
  optional?: true | undefined;
}
