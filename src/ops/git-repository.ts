import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, hexOf } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import { FileLock } from '../store/file-lock.ts';
import { GitFailure, runGit } from './git-program.ts';

export interface RepositoryOptions {
  /** Without credentials. */
  remote: string;
  /** `<root>/v1`. */
  state: string;
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
  log?: ((data: Buffer) => void) | undefined;
}

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** A repository on a server, and the bare copy of ours in which what was fetched of it stays. */
export class GitRepository {
  readonly #options: RepositoryOptions;
  /** The bare copy. */
  readonly directory: string;

  constructor(options: RepositoryOptions) {
    this.#options = options;
    this.directory = join(options.state, 'git', `${hexOf(digestOf(options.remote)).slice(0, 32)}.git`);
  }

  /** The commit that a name means now, a tag before a branch; HEAD without a name. A full commit is itself. */
  async resolve(ref: string | undefined): Promise<string> {
    if (ref !== undefined && COMMIT.test(ref)) return ref;
    const names = ref === undefined ? ['HEAD'] : candidates(ref);
    const listed = await this.#ask(['ls-remote', '--', this.#options.remote, ...names]);
    const commits = new Map(listed.split('\n').map((line) => line.split('\t').reverse() as [string, string]));
    const commit = names.map((name) => commits.get(name)).find((found) => found !== undefined);
    if (commit !== undefined && COMMIT.test(commit)) return commit;
    const { remote } = this.#options;
    if (ref === undefined) throw new TsbuildError('NOT_FOUND', `git repository ${remote} has no commit`);
    throw new TsbuildError('NOT_FOUND', `git repository ${remote} has no branch and no tag ${ref}`, {
      hint: `\`git ls-remote ${remote}\` lists what there is; a commit is written with all of its 40 digits`,
    });
  }

  /** Makes sure that a commit with all its files is in the bare copy, which one process at a time changes. */
  async ensure(commit: string, ref: string | undefined): Promise<void> {
    mkdirSync(join(this.directory, '..'), { recursive: true, mode: 0o700 });
    const lock = await FileLock.take({ path: `${this.directory}.lock`, mode: 'exclusive' });
    try {
      if (!existsSync(join(this.directory, 'HEAD')))
        await this.#local(['init', '-q', '--bare', '--', this.directory], '/');
      for (const fetch of fetches(commit, ref)) {
        if (await this.#has(commit)) return;
        await this.#fetch(fetch);
      }
      if (await this.#has(commit)) return;
    } finally {
      lock.release();
    }
    const { remote } = this.#options;
    throw new TsbuildError('NOT_FOUND', `git repository ${remote} has no commit ${commit}`, {
      hint: 'is it pushed, and on a branch or tag?',
    });
  }

  async #has(commit: string): Promise<boolean> {
    try {
      await this.#local(['cat-file', '-e', `${commit}^{tree}`]);
      return true;
    } catch (error) {
      if (error instanceof GitFailure) return false;
      throw error;
    }
  }

  /** Not every server gives out any commit, nor a part of the history: what follows asks for more. */
  async #fetch({ args, refspecs, last }: Fetch): Promise<void> {
    const command = ['fetch', '--no-tags', '--force', '--no-write-fetch-head', ...args, '--', this.#options.remote];
    try {
      await this.#local([...command, ...refspecs], this.directory, this.#options.log);
    } catch (error) {
      if (last || !(error instanceof GitFailure)) throw this.#failed(error);
    }
  }

  async #ask(args: readonly string[]): Promise<string> {
    try {
      return await this.#local(args, '/');
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #local(args: readonly string[], directory = this.directory, log?: RepositoryOptions['log']): Promise<string> {
    const { environment, signal } = this.#options;
    return runGit(args, { directory, environment, signal, log });
  }

  #failed(error: unknown): unknown {
    if (!(error instanceof GitFailure)) return error;
    const { code, hint } = KINDS.find(({ pattern }) => pattern.test(error.reason)) ?? UNKNOWN;
    return new TsbuildError(code, `cannot read git repository ${this.#options.remote}: ${error.reason}`, { hint });
  }
}

/** A lone name may be several; the first one that the server has is meant. */
function candidates(ref: string): string[] {
  if (ref.startsWith('refs/')) return [`${ref}^{}`, ref];
  return [`refs/tags/${ref}^{}`, `refs/tags/${ref}`, `refs/heads/${ref}`, ref];
}

interface Fetch {
  args: readonly string[];
  refspecs: readonly string[];
  last?: boolean;
}

function fetches(commit: string, ref: string | undefined): Fetch[] {
  const everything = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
  const named = ref === undefined || COMMIT.test(ref) ? [] : [{ args: ['--depth=1'], refspecs: [ref] }];
  return [{ args: ['--depth=1'], refspecs: [commit] }, ...named, { args: [], refspecs: everything, last: true }];
}

const UNKNOWN = { code: 'NETWORK', hint: undefined } as const;

const KINDS = [
  {
    pattern:
      /could not read (Username|Password)|Authentication failed|terminal prompts disabled|Permission denied|error: 40[13]/,
    code: 'DENIED',
    hint: 'give git credentials for that host: a credential helper in your git configuration, or for ssh a key in the agent',
  },
  {
    pattern: /not found|does not appear to be a git repository|does not exist/i,
    code: 'NOT_FOUND',
    hint: 'check the URL; some servers say so too where credentials are missing',
  },
  {
    pattern: /Failed to connect|Connection refused|Connection timed out/,
    code: 'NETWORK',
    hint: 'nothing answers there: check host and port, and whether a proxy is needed (HTTPS_PROXY)',
  },
  { pattern: /Could not resolve host/, code: 'NETWORK', hint: 'is the host spelled right, and is the network up?' },
] as const;
