import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uniqueName } from '../base/atomic.ts';
import { type BytePath, fromBytePath, joinBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { parseIgnoreFile } from '../base/ignore.ts';
import { ContextTree } from '../context/context-tree.ts';
import type { LayerWriter } from '../snapshot/layer-writer.ts';
import { resolvePath } from '../snapshot/resolve.ts';
import type { Tree, TreeEntry } from '../snapshot/tree.ts';
import { removeTree } from '../store/remove-tree.ts';
import { GitFailure, runGit } from './git-program.ts';

/** The files of a commit: root's, 0644 or 0755, with the time of the commit. */
export interface GitOp {
  /** Without credentials. */
  remote: string;
  ref?: string | undefined;
  subdir?: BytePath | undefined;
  /** What the commit has to begin with. */
  checksum?: string | undefined;
  keepGitDir?: boolean | undefined;
  /** False where they are left out. */
  submodules?: boolean | undefined;
}

export interface CheckoutOptions {
  remote: string;
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
  log: (data: Buffer) => void;
  temporary: string;
}

const GIT_DIRECTORY = '.git';
const REPLACE_NOTHING = { replace: false };

/** The files of a commit in a directory of this process, on their way into a layer. */
export class GitCheckout {
  readonly #bare: string;
  readonly #options: CheckoutOptions;
  readonly #directory: string;
  #mtimeMs = 0;

  constructor(bare: string, options: CheckoutOptions) {
    this.#bare = bare;
    this.#options = options;
    this.#directory = join(options.temporary, uniqueName('git-'));
  }

  /** Checks a commit out that is in the bare repository, with its submodules. */
  async make(commit: string, { keepGitDir, submodules }: GitOp): Promise<void> {
    mkdirSync(this.#directory, { mode: 0o700 });
    await this.#git(['init', '-q', '--template=', '.']);
    await this.#git(['remote', 'add', 'origin', this.#options.remote]);
    if (keepGitDir) await this.#copyObjects(commit);
    else this.#shareObjects();
    await this.#git(['checkout', '-q', '--detach', commit]);
    this.#mtimeMs = timeOf(await this.#git(['cat-file', 'commit', commit]));
    if (submodules !== false && lstatSync(join(this.#directory, '.gitmodules'), { throwIfNoEntry: false })?.isFile()) {
      await this.#git(['submodule', 'update', '--init', '--recursive', '--depth=1']);
    }
    if (keepGitDir) await this.#forgetMachine(commit);
  }

  /** Writes the files, or those of a directory, as the layer's root. */
  async writeTo(writer: LayerWriter, { subdir, keepGitDir }: GitOp): Promise<void> {
    const tree = new ContextTree(this.#directory, parseIgnoreFile(''));
    const { path, entry } = resolvePath(tree, subdir ?? '', { followLast: true });
    if (entry?.type !== 'directory') {
      throw new TsbuildError(
        'NOT_FOUND',
        `git repository ${this.#options.remote} has no directory ${fromBytePath(subdir ?? '')}`,
      );
    }
    writer.putDirectory('', this.#attributes(entry), { replace: true });
    this.#write(tree, { from: path, to: '' }, writer, keepGitDir === true);
  }

  async remove(): Promise<void> {
    await removeTree(this.#directory);
  }

  #write(tree: Tree, { from, to }: { from: BytePath; to: BytePath }, writer: LayerWriter, keepGitDir: boolean): void {
    for (const { name, entry } of tree.children(from)) {
      // Those of submodules are files.
      if (name === GIT_DIRECTORY && !keepGitDir) continue;
      const source = joinBytePath(from, name);
      const target = joinBytePath(to, name);
      const attributes = this.#attributes(entry);
      if (entry.type === 'symlink') writer.putSymlink(target, tree.readlink(source), attributes, REPLACE_NOTHING);
      else if (entry.type === 'file') writer.putFileCopy(target, entry.hostPath, attributes, REPLACE_NOTHING);
      else if (entry.type === 'directory') {
        writer.putDirectory(target, attributes, REPLACE_NOTHING);
        this.#write(tree, { from: source, to: target }, writer, keepGitDir);
      }
    }
  }

  #attributes({ type, mode }: TreeEntry) {
    const executable = type === 'directory' || (mode & 0o111) !== 0;
    return { mode: type === 'symlink' ? 0o777 : executable ? 0o755 : 0o644, uid: 0, gid: 0, mtimeMs: this.#mtimeMs };
  }

  /** The checkout reads them where they are. */
  #shareObjects(): void {
    const info = join(this.#directory, GIT_DIRECTORY, 'objects/info');
    mkdirSync(info, { recursive: true });
    writeFileSync(join(info, 'alternates'), `${join(this.#bare, 'objects')}\n`);
  }

  async #copyObjects(commit: string): Promise<void> {
    const environment = { ...this.#options.environment, GIT_ALLOW_PROTOCOL: 'file' };
    await this.#git(['fetch', '-q', '--no-tags', '--depth=1', '--', `file://${this.#bare}`, commit], environment);
  }

  /** What in `.git` says where and when it was made: names of this machine, and the stat records of the index. */
  async #forgetMachine(commit: string): Promise<void> {
    for (const name of ['FETCH_HEAD', 'ORIG_HEAD', 'index']) {
      rmSync(join(this.#directory, GIT_DIRECTORY, name), { force: true });
    }
    await this.#git(['read-tree', commit]);
  }

  async #git(args: readonly string[], environment = this.#options.environment): Promise<string> {
    const { signal, log } = this.#options;
    try {
      return await runGit(args, { directory: this.#directory, environment, signal, log });
    } catch (error) {
      if (!(error instanceof GitFailure)) throw error;
      throw new TsbuildError('REGISTRY', `cannot check out git repository ${this.#options.remote}: ${error.reason}`);
    }
  }
}

/** When it was committed, in milliseconds. The parents, which may not be here, are not looked at. */
function timeOf(commit: string): number {
  return Number(/^committer .* (\d+) [+-]\d+$/m.exec(commit)?.[1] ?? 0) * 1000;
}
