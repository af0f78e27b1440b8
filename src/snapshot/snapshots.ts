import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { uniqueName, writeFileAtomic } from '../base/atomic.ts';
import { type BytePath, toBytePath } from '../base/bytepath.ts';
import { type Digest, hexOf } from '../base/digest.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import type { Descriptor } from '../oci/types.ts';
import { overlayMarks } from './overlay-marks.ts';
import { RootView } from './root-view.ts';
import { Stacks } from './stacks.ts';

/** The blob that a layer is unpacked from. */
export interface LayerOrigin {
  descriptor: Descriptor;
  diffId: Digest;
  /** Where another machine made it: the time in seconds that newer files of it were clamped to, null for none. */
  made?: { clampedTo: number | null } | undefined;
  /** The word of a cache: no registry has said that an image has this blob for this layer. */
  claimed?: true | undefined;
}

/** One immutable layer over a parent. Kept as `meta.json` beside the layer's directory. */
export interface SnapshotMeta {
  parent: string | null;
  /** Milliseconds since the epoch. */
  created: number;
  /** Directories that hide the layers below; absent until somebody needed to know. */
  opaque?: readonly BytePath[] | undefined;
  /**
   * Set where the file system holds no marks of overlayfs: the names of the layers below that this one takes away. Such
   * a layer is never a part of an overlay.
   */
  unmarked?: readonly BytePath[] | undefined;
  /** Known of a layer without a file that has extended attributes which belong to an image. */
  plain?: true | undefined;
  /** The snapshot that the same step made before, whose files are this one's where they are unchanged. */
  after?: string | undefined;
  /** A layer of a base image: what it is made from, before and after it has been unpacked. */
  origin?: LayerOrigin | undefined;
  /** The snapshot whose directory this layer is: the same files over another parent, which did not matter to them. */
  linked?: string | undefined;
  /** Whether it was made in a user namespace of a single id, where all files are root's. */
  singleUid?: boolean | undefined;
  /** The layer as a tar in the content store, for each time that newer files were clamped to ('' for none). */
  packed?: Readonly<Record<string, { diffId: Digest; size: number }>> | undefined;
  /** The blob that a cache named cannot be had: as good as pruned. */
  lost?: true | undefined;
}

/** A layer that is being made. It exists for this process alone until it is committed. */
export interface Draft {
  parent: string | null;
  /** The layer's directory, and the upper directory of an overlay. */
  fs: string;
  /** Overlayfs's work directory: on the same file system, empty. */
  work: string;
  directory: string;
}

/** What the files of a COPY are, and where they lie in the layer's tar as it was packed with its own times. */
export type NoteKind = 'files' | 'members';

export interface SnapshotsOptions {
  /** `<root>/v1`. */
  root: string;
  /** A directory on the same file system that dies with this process's session. */
  temporary: () => string;
  /** Whether overlay marks are `user.` attributes, as in a user namespace. */
  userXattrs: boolean;
  /** Whether this is a user namespace of a single id. Its layers are of no use elsewhere, nor are others in it. */
  singleUid?: boolean | undefined;
  /** Ends what takes long. */
  signal?: AbortSignal | undefined;
}

/**
 * The layers as directories: `<root>/v1/s/<id>/fs` beside `meta.json`. Ids are short, because all of a stack's
 * names must fit in one page of mount options. A snapshot without `fs` is a layer of a base image that nobody has
 * needed yet.
 */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #metas = new Map<string, SnapshotMeta>();
  readonly #lostBlobs = new Set<Digest>();
  /** Snapshots that have been found complete or unpacked, with all that is below them. */
  readonly #complete = new Set<string>();
  readonly #unpacked = new Set<string>();
  readonly #stacks: Stacks;
  /** How many layers this process has given up. */
  lostCount = 0;
  /** `<root>/v1/s`: the directory that layer names are relative to when they are mounted. */
  readonly directory: string;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.directory = join(options.root, 's');
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const { userXattrs, signal = new AbortController().signal } = options;
    this.#stacks = new Stacks({
      directory: this.directory,
      userXattrs,
      signal,
      meta: (id) => this.#metaOf(id),
      opaque: (id) => this.#opaqueOf(id),
    });
  }

  get userXattrs(): boolean {
    return this.#options.userXattrs;
  }

  /** Undefined where the snapshot has been pruned, or is damaged: it is then as good as pruned. */
  meta(id: string): SnapshotMeta | undefined {
    const known = this.#metas.get(id);
    if (known !== undefined) return known;
    try {
      const meta = JSON.parse(readFileSync(this.#metaPath(id), 'utf8')) as SnapshotMeta;
      this.#metas.set(id, meta);
      return meta;
    } catch (error) {
      if (error instanceof SyntaxError || isErrno(error, 'ENOENT')) return undefined;
      throw new TsbuildError('STORE', `snapshot ${id} cannot be read`, {
        cause: error,
        hint: 'run `tsbuild prune --all`',
      });
    }
  }

  /** The ids of a stack from the base up to `id`. */
  chain(id: string | null): string[] {
    const ids: string[] = [];
    for (let current = id; current !== null; current = this.#metaOf(current).parent) ids.push(current);
    return ids.reverse();
  }

  /** Whether `id` and all that is below it is still here, with the owners that files have here. */
  complete(id: string | null): boolean {
    const found: string[] = [];
    for (let current = id; current !== null && !this.#complete.has(current); ) {
      const meta = this.meta(current);
      if (meta === undefined || meta.lost || !this.#hasOwnersOfHere(meta)) return false;
      if (meta.linked !== undefined && this.meta(meta.linked) === undefined) return false;
      found.push(current);
      current = meta.parent;
    }
    for (const layer of found) this.#complete.add(layer);
    return true;
  }

  /** The layers of a stack that are not unpacked, from the base up, by who has their directories. */
  missing(id: string | null): string[] {
    const [found, missing]: [string[], string[]] = [[], []];
    for (let current = id; current !== null && !this.#unpacked.has(current); current = this.#metaOf(current).parent) {
      found.push(current);
      if (!this.unpacked(current)) missing.push(this.owner(current));
    }
    if (missing.length === 0) for (const layer of found) this.#unpacked.add(layer);
    return missing.reverse();
  }

  /** The layer's directory, which exists where the layer is unpacked. */
  fs(id: string): string {
    return join(this.directory, this.#directoryOf(id));
  }

  /**
   * What an overlay of the stack is mounted of, relative to `directory`, from the top down: its layers, and in a deep
   * stack what many of them come to. A directory counts where it is on top: overlayfs takes it once.
   */
  async lowerDirectories(id: string | null): Promise<string[]> {
    return [...new Set((await this.#stacks.directories(id)).map(({ name }) => name))];
  }

  /** Whether overlayfs understands every layer of the stack. */
  mountable(id: string | null): boolean {
    return this.#stacks.mountable(id);
  }

  #directoryOf(id: string): string {
    return join(this.owner(id), 'fs');
  }

  /** The snapshot that a layer's files and blobs belong to: itself, or the one it is linked to. */
  owner(id: string): string {
    return this.meta(id)?.linked ?? id;
  }

  unpacked(id: string): boolean {
    return existsSync(this.fs(id));
  }

  draft(parent: string | null): Draft {
    const directory = join(this.#options.temporary(), uniqueName());
    const draft = { parent, directory, fs: join(directory, 'fs'), work: join(directory, 'work') };
    mkdirSync(draft.fs, { recursive: true, mode: 0o755 });
    mkdirSync(draft.work, { mode: 0o700 });
    return draft;
  }

  /** A tree that is too deep for Node, which removes by recursion (RangeError), goes with the session of this process. */
  discard(draft: Draft): void {
    try {
      rmSync(draft.directory, { recursive: true, force: true });
    } catch (error) {
      if (!isErrno(error, 'ENAMETOOLONG') && !(error instanceof RangeError)) throw error;
    }
  }

  /** Makes a draft a snapshot; from here on nobody writes to it. */
  commit(draft: Draft, meta: Pick<SnapshotMeta, 'opaque' | 'unmarked' | 'plain' | 'after'> = {}): string {
    const id = newId();
    mkdirSync(join(this.directory, id), { mode: 0o700 });
    renameSync(draft.fs, this.fs(id));
    this.#write(id, { ...this.#newMeta(draft.parent), ...meta });
    this.discard(draft);
    return id;
  }

  /** The layer `id`, which was made over nothing, on top of `parent`: nothing is copied or unpacked for it. */
  link(parent: string | null, id: string): string {
    const linked = this.owner(id);
    const { created, opaque, unmarked } = this.#metaOf(linked);
    const made = newId();
    mkdirSync(join(this.directory, made), { mode: 0o700 });
    this.#write(made, { ...this.#newMeta(parent), created, opaque, unmarked, linked });
    return made;
  }

  /**
   * The snapshot of a layer of an image, made without unpacking it. The same stack is the same snapshot. Where it came
   * from is the word of the image's registry; `claimed` is that of somebody who need not know, and gives way.
   */
  ofImageLayer(
    parent: string | null,
    chainId: Digest,
    origin: LayerOrigin,
    options: { created?: number; claimed?: boolean } = {},
  ): string {
    const link = join(this.#options.root, 'chains', hexOf(chainId));
    const known = this.#readLink(link);
    const meta = known === undefined ? undefined : this.meta(known);
    if (known !== undefined && meta?.parent === parent && !meta.lost && this.#hasOwnersOfHere(meta)) {
      if (!options.claimed && !this.unpacked(known)) this.#vouch(known, meta.origin, origin);
      return known;
    }
    const id = newId();
    mkdirSync(join(this.directory, id), { mode: 0o700 });
    const { created, ...others } = this.#newMeta(parent);
    const claimed = options.claimed || undefined;
    this.#write(id, { ...others, created: options.created ?? created, origin: { ...origin, claimed } });
    writeFileAtomic(link, id);
    return id;
  }

  /** What a registry says of a layer takes the place of what a cache said. */
  #vouch(id: string, claim: LayerOrigin | undefined, origin: LayerOrigin): void {
    if (claim === undefined) return;
    const isOther = claim.descriptor.digest !== origin.descriptor.digest;
    if (isOther) this.update(id, { origin });
    else if (claim.claimed) this.update(id, { origin: { ...claim, claimed: undefined } });
  }

  /**
   * Gives up a layer whose blob cannot be had, where a cache brought it: who asks for the result again makes it anew.
   * Any other layer stays what it is.
   */
  lose(id: string): void {
    const { origin, lost } = this.#metaOf(id);
    if (lost || this.unpacked(id) || (origin?.claimed === undefined && origin?.made === undefined)) return;
    this.#lostBlobs.add(origin.descriptor.digest);
    this.lostCount++;
    this.update(id, { lost: true });
  }

  /** Gives up every layer that needs one of these blobs, as far as a cache brought it. */
  loseLayersOf(blobs: ReadonlySet<Digest>): void {
    if (blobs.size === 0) return;
    for (const id of readdirSync(this.directory)) {
      if (blobs.has(this.meta(id)?.origin?.descriptor.digest as Digest)) this.lose(id);
    }
  }

  /** Whether this process has given up a layer for want of this blob. */
  isLost(blob: Digest): boolean {
    return this.#lostBlobs.has(blob);
  }

  /** Remembers that the stack `chainId` is what this snapshot made. */
  linkChain(chainId: Digest, id: string): void {
    const link = join(this.#options.root, 'chains', hexOf(chainId));
    if (this.#readLink(link) !== id) writeFileAtomic(link, id);
  }

  /** Puts the unpacked content of a base image's layer in its place. Two processes may do this at once. */
  fill(id: string, draft: Draft, marks: Pick<SnapshotMeta, 'opaque' | 'unmarked' | 'plain'>): void {
    this.update(id, marks);
    try {
      renameSync(draft.fs, this.fs(id));
    } catch (error) {
      if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    }
    this.discard(draft);
  }

  /** What somebody noted of a layer for who makes its next version; undefined where there is nothing. */
  note(id: string, kind: NoteKind): Buffer | undefined {
    try {
      return readFileSync(this.#notePath(id, kind));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  setNote(id: string, kind: NoteKind, note: Buffer): void {
    writeFileAtomic(this.#notePath(id, kind), note);
  }

  update(id: string, change: Partial<SnapshotMeta>): void {
    this.#metas.delete(id);
    this.#write(id, { ...this.#metaOf(id), ...change });
    if (change.lost) this.#complete.clear();
    if (change.unmarked !== undefined) this.#stacks.forget();
  }

  /** The stack as one tree, below a directory that belongs to no snapshot yet. Every layer of it must be unpacked. */
  async viewBelow(upper: string, id: string | null): Promise<RootView> {
    const directory = toBytePath(upper);
    const opaque = new Set(await overlayMarks(directory, this.userXattrs));
    return new RootView([{ directory, opaque }, ...(await this.#stacks.directories(id))]);
  }

  /** The stack as one tree. Every layer of it must be unpacked. */
  async view(id: string | null): Promise<RootView> {
    return new RootView(await this.#stacks.directories(id));
  }

  async #opaqueOf(id: string): Promise<readonly BytePath[]> {
    const known = this.#metaOf(id).opaque;
    if (known !== undefined) return known;
    const opaque = await overlayMarks(toBytePath(this.fs(id)), this.userXattrs);
    this.update(id, { opaque });
    return opaque;
  }

  #newMeta(parent: string | null): SnapshotMeta {
    return { parent, created: Date.now(), singleUid: this.#options.singleUid || undefined };
  }

  #hasOwnersOfHere({ singleUid = false }: SnapshotMeta): boolean {
    return singleUid === (this.#options.singleUid ?? false);
  }

  #metaOf(id: string): SnapshotMeta {
    const meta = this.meta(id);
    if (meta === undefined) {
      throw new TsbuildError('STORE', `snapshot ${id} is missing`, {
        hint: 'run the command again; what is gone is made anew',
      });
    }
    return meta;
  }

  #write(id: string, meta: SnapshotMeta): void {
    writeFileAtomic(this.#metaPath(id), JSON.stringify(meta));
    this.#metas.set(id, meta);
  }

  #metaPath(id: string): string {
    return join(this.directory, id, 'meta.json');
  }

  #notePath(id: string, kind: NoteKind): string {
    return join(this.directory, this.owner(id), kind);
  }

  #readLink(path: string): string | undefined {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  }
}

/** 10 characters of 5 bits: short enough for 290 of them in one mount option, and never made twice. */
function newId(): string {
  return Array.from(randomBytes(10), (byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte & 31]).join('');
}
