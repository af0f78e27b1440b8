import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import type { CodeCache } from './code-cache.ts';

/** Digests of the files of the executable by their names; put here when they are made. */
declare const FILES: Record<string, string>;

/** What a file of the executable is: a function of this kind. */
type Body = (
  require: (id: string) => unknown,
  module: { exports: unknown },
  exports: unknown,
  directory: string,
  url: string,
  /** Every module of ours calls it when it has been initialised. */
  initialised: (name: string) => void,
) => void;

interface Options {
  directory: string;
  cache: CodeCache | undefined;
}

/**
 * A module's functions are collected in so many runs: the second one often takes another way, as a build does that
 * finds in the cache what the first has made.
 */
const RUNS = 2;

/**
 * Loads the files of the executable as CommonJS, without the search that `require` makes for them. What V8 compiles of
 * a file in a run is kept when the process ends, where this run has initialised modules of which that is not known yet.
 */
export class Loader {
  readonly #options: Options;
  readonly #loaded = new Map<string, { exports: unknown }>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** @param name of a file without `.cjs` */
  load(name: string): unknown {
    const known = this.#loaded.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    this.#loaded.set(name, module);
    const { directory } = this.#options;
    const file = join(directory, `${name}.cjs`);
    const modules = new Set([name]);
    const body = this.#compile(name, file, modules);
    body(
      (id) => this.#require(id),
      module,
      module.exports,
      directory,
      pathToFileURL(file).href,
      (path) => modules.add(path),
    );
    return module.exports;
  }

  #require(id: string): unknown {
    return id.startsWith('./') ? this.load(id.slice('./'.length)) : require(id);
  }

  #compile(name: string, filename: string, modules: ReadonlySet<string>): Body {
    const { cache } = this.#options;
    const identity = FILES[name] as string;
    const kept = cache?.read(name, identity);
    // The files are ASCII: as latin1 they are neither decoded nor widened.
    const text = readFileSync(filename, 'latin1');
    const script = withoutOurFlags(() => new Script(text, { filename, cachedData: kept?.data }));
    if (cache !== undefined) {
      const runs = script.cachedDataRejected === false ? (kept?.modules ?? {}) : {};
      process.once('exit', () => {
        if ([...modules].every((module) => (runs[module] ?? 0) >= RUNS)) return;
        for (const module of modules) runs[module] = (runs[module] ?? 0) + 1;
        const data = withoutOurFlags(() => script.createCachedData());
        cache.write(name, identity, { modules: runs, data });
      });
    }
    return script.runInThisContext() as Body;
  }
}

/**
 * Otherwise V8 forgets the code of functions that have not run for a while, first of all that of a file's body, which
 * runs once. Its flags are part of what V8 compares, so they are as they were wherever it does.
 */
function withoutOurFlags<T>(work: () => T): T {
  setFlagsFromString('--flush-bytecode');
  try {
    return work();
  } finally {
    setFlagsFromString('--no-flush-bytecode');
  }
}
