import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic.ts';
import type { Digest } from '../base/digest.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { FileLock } from './file-lock.ts';
import type { StoreLayout } from './layout.ts';
import { removeTree } from './remove-tree.ts';

/** What every container's `spec.json` says: enough to know what it holds in the store. */
export interface HeldContainer {
  version: typeof CONTAINER_VERSION;
  /** 64 hexadecimal digits. */
  id: string;
  name: string;
  /** RFC 3339. */
  created: string;
  /** The image it was made of: as it was called, its manifest, and its configuration (the image ID). */
  image: { name: string; manifest: Digest; id: Digest };
  /** The topmost layer below the container's own. */
  snapshot: string | null;
}

export const CONTAINER_VERSION = 1;

/**
 * Containers: `<root>/v1/containers/<id>/`, with `spec.json` (never changed), `state.json`, the writable layer in `fs`,
 * the output in `log.jsonl`, `lock` (held by the supervisor) and its socket.
 */
export class ContainerStore {
  readonly directory: string;
  readonly #lock: string;

  constructor({ base }: StoreLayout) {
    this.directory = join(base, 'containers');
    this.#lock = join(base, 'containers.lock');
  }

  path(id: string, ...names: string[]): string {
    return join(this.directory, id, ...names);
  }

  /** The oldest first. A directory without a readable specification is a container that is being removed. */
  list(): HeldContainer[] {
    if (!existsSync(this.directory)) return [];
    const found = readdirSync(this.directory).flatMap((id) => this.#read(id) ?? []);
    return found.sort((a, b) => a.created.localeCompare(b.created) || a.id.localeCompare(b.id));
  }

  /** By name, ID, or the beginning of an ID. */
  find(text: string): HeldContainer {
    const all = this.list();
    const named = all.find(({ id, name }) => name === text || id === text);
    if (named !== undefined) return named;
    const found = /^[0-9a-f]+$/.test(text) ? all.filter(({ id }) => id.startsWith(text)) : [];
    if (found.length === 1) return found[0] as HeldContainer;
    if (found.length > 1) {
      throw new TsbuildError('INVALID', `${text} is the beginning of several containers' IDs`, {
        hint: 'give more digits',
      });
    }
    throw new TsbuildError('NOT_FOUND', `no such container: ${text}`, { hint: '`tsbuild ps -a` lists them all' });
  }

  /**
   * Moves what was prepared in a directory of the same file system to its place, if nobody else has the name.
   * Without a name of its own the container gets the first of `names` that is free.
   */
  async add(prepared: string, spec: HeldContainer, names: Iterable<string>): Promise<HeldContainer> {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const lock = await FileLock.take({ path: this.#lock, mode: 'exclusive' });
    try {
      const owners = new Map(this.list().map(({ id, name }) => [name, id]));
      const named = { ...spec, name: spec.name || firstFree(names, owners) };
      const owner = owners.get(named.name);
      if (owner !== undefined) throw nameInUse(named.name, owner);
      writeFileAtomic(join(prepared, 'spec.json'), JSON.stringify(named), { durable: true });
      renameSync(prepared, this.path(spec.id));
      return named;
    } finally {
      lock.release();
    }
  }

  /** The specification goes first: what is left by an interruption is no container any more. */
  async remove(id: string): Promise<void> {
    const gone = this.path(`.removed-${id}`);
    try {
      renameSync(this.path(id), gone);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
    await this.removeLeftovers();
  }

  async removeLeftovers(): Promise<void> {
    if (!existsSync(this.directory)) return;
    for (const name of readdirSync(this.directory)) {
      if (name.startsWith('.')) await removeTree(join(this.directory, name));
    }
  }

  #read(id: string): HeldContainer | undefined {
    if (id.startsWith('.')) return undefined;
    let spec: HeldContainer;
    try {
      spec = JSON.parse(readFileSync(this.path(id, 'spec.json'), 'utf8')) as HeldContainer;
    } catch (error) {
      if (error instanceof SyntaxError || isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
    if (spec.version === CONTAINER_VERSION) return spec;
    throw new TsbuildError('STORE', `container ${id.slice(0, 12)} belongs to a newer version of tsbuild`, {
      hint: 'use that version, or choose another directory with --root DIR',
    });
  }
}

function firstFree(names: Iterable<string>, owners: ReadonlyMap<string, string>): string {
  for (const name of names) if (!owners.has(name)) return name;
  throw new TsbuildError('INTERNAL', 'no free name for a container');
}

function nameInUse(name: string, owner: string): TsbuildError {
  return new TsbuildError('CONFLICT', `the container name ${name} is in use by container ${owner.slice(0, 12)}`, {
    hint: `remove that one (\`tsbuild rm ${name}\`), or choose another name`,
  });
}
