import type { Digest, Json } from '../base/digest.ts';
import type { SourceFile, SourceRange } from '../base/source.ts';

/**
 * What one vertex does, as data: everything in it belongs to the vertex's identity, and nothing in it only makes
 * sense in this process.
 */
export type Op = { readonly kind: string } & { readonly [field: string]: Json | undefined };

/** How a vertex is shown. No part of its identity. */
export interface Display {
  /** e.g. `[build 2/5] RUN npm ci`. */
  name: string;
  location?: SourceRange | undefined;
  source?: SourceFile | undefined;
  /** No step to the user, and not shown: the empty root of a stage from scratch. */
  internal?: boolean | undefined;
  /** The variables of a RUN that build arguments have set, by name: what changed is then called by what it is. */
  buildArguments?: readonly string[] | undefined;
  /** The stage's SHELL, for who wants to look at what a RUN works on; `/bin/sh -c` where absent. */
  shell?: readonly string[] | undefined;
}

/** A node of the build graph. Inputs come first; a graph made of these cannot have a cycle. */
export interface Vertex<O extends Op = Op> {
  readonly op: O;
  readonly inputs: readonly Vertex[];
  readonly display: Display;
  /**
   * Whose build context, proxies and secrets the vertex uses, as the executors know them. No part of its identity: of
   * what it reads there the executor puts into the key what belongs there.
   */
  readonly scope?: string | undefined;
  /** Executed even where the cache has a result; that is then replaced. No part of the identity. */
  readonly ignoreCache?: boolean | undefined;
}

/** What a vertex came to. */
export interface Result {
  /**
   * Identity of the content: the content key of the vertex that made it, or for a base image its chainID. Two
   * results with equal ids are interchangeable wherever they are an input.
   */
  readonly id: Digest;
  /** What the executor returned, as a cache record keeps it. */
  readonly value: Json;
  /** When it was made, in milliseconds since the epoch. A cached result keeps its time. */
  readonly created: number;
}

/** Why a key is what it is: kept beside the result, so that a later miss can be explained. */
export interface PreImage {
  op: Op;
  /** What the executor added from outside the graph, e.g. the digest of files of the context. */
  material?: Json | undefined;
  /** One identity for each input. */
  inputs: readonly Json[];
}

/** Carries out one kind of vertex. */
export interface Executor {
  /** False for vertices that cost nothing to evaluate and whose result is not recorded. */
  readonly cacheable: boolean;
  /**
   * Facts from outside the graph that are part of the definition, e.g. a content digest of the files that a COPY
   * takes from the context. Called once for a vertex; must not execute any input.
   */
  define?(vertex: Vertex): Promise<Json>;
  /**
   * The identity of what the vertex reads from its inputs, one element for each input. Without it, the ids of the
   * inputs' results. An executor that reads only some files of an input answers with a digest of these files. Of the
   * first input, on whose files the vertex works, only the id is asked for.
   */
  contentOf?(vertex: Vertex, inputs: readonly Result[]): Promise<readonly Json[]>;
  /** The identity of the result, where the op says it: that of a base image. */
  idOf?(vertex: Vertex): Digest;
  /** The op without what `contentOf` and `define` say better. Without it, the whole op. */
  contentOp?(vertex: Vertex): Op;
  execute(vertex: Vertex, inputs: readonly Result[], context: ExecuteContext): Promise<Executed>;
  /** Whether a recorded value can still be used; false where its snapshot has been pruned. */
  usable(value: Json): boolean;
}

export interface ExecuteContext {
  signal: AbortSignal;
  log(stream: 1 | 2, data: Buffer): void;
  status(id: string, action: string, current: number, total: number): void;
}

export interface Executed {
  value: Json;
  /** Where the result has an identity of its own (a base image); else the content key is the identity. */
  id?: Digest;
  created?: number;
}
