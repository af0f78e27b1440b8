import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import type { StoreLayout } from './layout.ts';
import { removeTree } from './remove-tree.ts';

/** A directory that outlives containers: `<root>/v1/volumes/<name>/{data,meta.json}`. */
export interface Volume {
  name: string;
  /** RFC 3339. */
  created: string;
  /** Made for one container, which nobody has given a name. */
  anonymous: boolean;
  labels: Readonly<Record<string, string>>;
}

/** As docker's names of volumes and containers: no path can be made of it. */
export const RESTRICTED_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

export class VolumeStore {
  readonly directory: string;

  constructor({ base }: StoreLayout) {
    this.directory = join(base, 'volumes');
  }

  data(name: string): string {
    return join(this.directory, name, 'data');
  }

  get(name: string): Volume | undefined {
    if (!RESTRICTED_NAME.test(name)) return undefined;
    try {
      return { name, ...(JSON.parse(readFileSync(this.#meta(name), 'utf8')) as Omit<Volume, 'name'>) };
    } catch (error) {
      if (error instanceof SyntaxError || isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  list(): Volume[] {
    if (!existsSync(this.directory)) return [];
    return readdirSync(this.directory)
      .sort()
      .flatMap((name) => this.get(name) ?? []);
  }

  /** A volume that exists stays as it is. Returns whether it is new. */
  create(name: string, options: { anonymous?: boolean; labels?: Volume['labels'] } = {}): boolean {
    if (!RESTRICTED_NAME.test(name)) {
      throw new TsbuildError('USAGE', `${JSON.stringify(name)} is no name for a volume`, {
        hint: 'use two or more letters, digits, _ . and -, a letter or digit first; a directory needs a slash: ./data',
      });
    }
    if (this.get(name) !== undefined) return false;
    mkdirSync(this.data(name), { recursive: true, mode: 0o755 });
    const { anonymous = false, labels = {} } = options;
    writeFileAtomic(this.#meta(name), JSON.stringify({ created: new Date().toISOString(), anonymous, labels }));
    return true;
  }

  /**
   * Moves what is in a directory into a volume, but for names that it has already. Containers that have the volume may
   * change names in it at any time: so whatever comes in is made elsewhere, and comes by its last name alone.
   */
  add(name: string, directory: string): void {
    for (const entry of readdirSync(directory, 'buffer')) {
      const [source, target] = [directory, this.data(name)].map((path) =>
        Buffer.concat([Buffer.from(`${path}/`), entry]),
      );
      moveUnlessThere(source as Buffer, target as Buffer);
    }
  }

  async remove(name: string): Promise<void> {
    await removeTree(join(this.directory, name));
  }

  #meta(name: string): string {
    return join(this.directory, name, 'meta.json');
  }
}

/** What is made at the target at this very moment stays, where it is not of the same kind. */
function moveUnlessThere(source: Buffer, target: Buffer): void {
  if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) return;
  try {
    renameSync(source, target);
  } catch (error) {
    if (!isErrno(error, 'EEXIST', 'ENOTEMPTY', 'EISDIR', 'ENOTDIR')) throw error;
  }
}
