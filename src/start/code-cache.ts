import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { crc32 } from 'node:zlib';
import { isPrivate, makePrivate, userCacheDirectory } from './private-directory.ts';

/** What a file of the executable was compiled to in earlier runs. */
export interface KeptCode {
  /** In how many of the runs that wrote it each module was initialised. */
  modules: Record<string, number>;
  data: Buffer;
}

/** The first line of a file; the data follows. V8 compares versions and lengths, and believes the rest. */
interface Header {
  modules: Record<string, number>;
  checksum: number;
}

/** Of more files than some versions of tsbuild and of Node make, the oldest go. */
const MOST_FILES = 20;

/**
 * Compiled code, in files of which each belongs to one text and to one V8 with its flags. It is code that we run: it
 * is taken from a directory only that nobody else can write to. No cache, or a damaged one, is never an error.
 */
export class CodeCache {
  readonly #directory: string;
  readonly #engine = `${process.version}-${process.arch}-${cachedDataVersionTag()}`;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Undefined where the user has no directory for it, or wants none as Node has it for its own cache. */
  static ofUser(env: NodeJS.ProcessEnv): CodeCache | undefined {
    const directory = env.NODE_DISABLE_COMPILE_CACHE ? undefined : userCacheDirectory(env);
    return directory === undefined ? undefined : new CodeCache(directory);
  }

  /** @param identity a digest of the text */
  read(name: string, identity: string): KeptCode | undefined {
    try {
      return isPrivate(this.#directory) ? parse(readOwn(this.#path(name, identity))) : undefined;
    } catch {
      return undefined;
    }
  }

  write(name: string, identity: string, { modules, data }: KeptCode): void {
    const path = this.#path(name, identity);
    const temporary = `${path}.${process.pid}-${Date.now()}`;
    try {
      makePrivate(this.#directory);
      if (!isPrivate(this.#directory)) return;
      const header: Header = { modules, checksum: crc32(data) };
      writeFileSync(temporary, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), data]), {
        flag: 'wx',
        mode: 0o600,
      });
      renameSync(temporary, path);
      this.#removeOld();
    } catch {
      removeQuietly(temporary);
    }
  }

  #path(name: string, identity: string): string {
    return join(this.#directory, `${name}-${identity}-${this.#engine}`);
  }

  #removeOld(): void {
    const paths = readdirSync(this.#directory).map((name) => join(this.#directory, name));
    if (paths.length <= MOST_FILES) return;
    const written = paths.map((path) => ({ path, time: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }));
    written.sort((one, other) => other.time - one.time);
    for (const { path } of written.slice(MOST_FILES)) removeQuietly(path);
  }
}

function parse(file: Buffer): KeptCode | undefined {
  const end = file.indexOf('\n');
  const { modules, checksum } = JSON.parse(file.toString('latin1', 0, end)) as Header;
  const data = file.subarray(end + 1);
  return crc32(data) === checksum ? { modules, data } : undefined;
}

/** A plain file of ours. Errors are those of the file system. */
function readOwn(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { uid } = fstatSync(fd);
    if (uid !== process.geteuid?.()) throw new Error(`${path} belongs to somebody else`);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What cannot be removed stays.
  }
}
