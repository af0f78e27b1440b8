import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { TsbuildError, toTsbuildError } from '../base/error.ts';
import { openStore, type Store } from '../store/open.ts';
import { lastWords, runProgram } from './command.ts';
import { copyProject } from './copy.ts';
import { applyChange, numbered } from './edit.ts';
import { findPeer, type Peer, type PeerName } from './peers.ts';
import type { Project } from './project.ts';
import { type Built, ThrowAwayStore } from './tsbuild.ts';
import type { BenchResult, Change, Plan, Scenario, ScenarioResult, Skipped } from './types.ts';

export interface BenchOptions {
  project: Project;
  plan: Plan;
  against: readonly PeerName[];
  /** The settings that hold for it: a file. */
  settings?: string | undefined;
  /** The full name of an image in a registry, through which caches of remote scenarios go; a directory where absent. */
  remote?: string | undefined;
  /** How often each scenario is measured; by default the cheap ones three times, and from nothing once. */
  runs?: number | undefined;
  /** The root of the user's store: images are taken from there. */
  root: string;
  signal: AbortSignal;
  /** Told before each build. */
  onProgress: (text: string) => void;
}

const CHEAP_RUNS = 3;
const TAG = 'tsbuild-bench/image';

/** Measures a plan on a copy of the project in stores that are thrown away, whatever it ends with. */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const store = await openStore(options.root);
  const session = await store.sessions.open();
  const volatile = mkdtempSync(join(tmpdir(), 'tsb-'));
  try {
    return await new Bench(options, store, { directory: session.directory, volatile }).run();
  } finally {
    rmSync(volatile, { recursive: true, force: true });
    await session.close();
  }
}

class Bench {
  readonly #options: BenchOptions;
  readonly #images: Store;
  readonly #directory: string;
  /** What other builders keep while they run: podman takes no long path for it. */
  readonly #volatile: string;
  readonly #context: string;
  #count = 0;
  /** The store that has built the project as it is. */
  #warm: ThrowAwayStore | undefined;

  constructor(options: BenchOptions, images: Store, { directory, volatile }: { directory: string; volatile: string }) {
    this.#options = options;
    this.#images = images;
    this.#directory = directory;
    this.#volatile = volatile;
    this.#context = join(directory, 'project');
  }

  async run(): Promise<BenchResult> {
    const { project, plan } = this.#options;
    copyProject(project.directory, this.#context);
    const { peers, absent } = await this.#prepare();
    const scenarios: ScenarioResult[] = [];
    for (const scenario of plan.scenarios) scenarios.push(await this.#measure(scenario, peers));
    return {
      time: new Date().toISOString(),
      project: basename(project.directory),
      machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node ${process.versions.node}`,
      builders: {
        tsbuild: packageJson.version,
        ...Object.fromEntries(peers.map(({ name, version }) => [name, version])),
      },
      absent,
      scenarios,
      skipped: plan.skipped,
    };
  }

  /** Builds once, so that there is something to compare with; peers begin with the base image that this one used. */
  async #prepare(): Promise<{ peers: Peer[]; absent: Skipped[] }> {
    this.#options.onProgress('first build');
    this.#warm = await this.#newStore();
    await this.#warm.build(this.#buildArgs({ kind: 'none' }));
    const { against } = this.#options;
    const peers: Peer[] = [];
    const absent: Skipped[] = [];
    if (against.length === 0) return { peers, absent };
    const archive = join(this.#directory, 'images.tar');
    const images = await this.#baseImages(this.#warm);
    if (images.length > 0) await this.#warm.command(['save', '-o', archive, ...images]);
    for (const name of against) {
      this.#options.onProgress(`looking for ${name}`);
      const found = await findPeer(name, {
        signal: this.#options.signal,
        directory: this.#directory,
        volatile: this.#volatile,
        archive,
        images,
      });
      if ('reason' in found) absent.push(found);
      else {
        const first = await this.#peerBuild(found, { kind: 'none' }, { cold: false });
        if (typeof first === 'string') absent.push({ name, reason: `it does not build the project: ${first}` });
        else peers.push(found);
      }
    }
    return { peers, absent };
  }

  /** The images of FROM lines, as the build has shown them. */
  async #baseImages(store: ThrowAwayStore): Promise<string[]> {
    const { steps } = await store.build(this.#buildArgs({ kind: 'none' }));
    const names = steps.flatMap(({ name }) => /\] FROM (\S+)$/.exec(name)?.[1]?.replace(/@.*/, '') ?? []);
    return [...new Set(names)];
  }

  async #newStore(): Promise<ThrowAwayStore> {
    const root = join(this.#directory, `store-${this.#count++}`);
    return ThrowAwayStore.open(root, this.#images, this.#options);
  }

  async #measure(scenario: Scenario, peers: readonly Peer[]): Promise<ScenarioResult> {
    const { name, detail, store, change } = scenario;
    const runs = scenario.runs ?? this.#options.runs ?? (store === 'warm' ? CHEAP_RUNS : 1);
    const walls: Record<string, number[]> = {};
    const failures: Record<string, string> = {};
    let last: Built | undefined;
    for (let run = 1; run <= runs; run++) {
      const number = ++this.#count;
      this.#options.onProgress(`${name}, run ${run} of ${runs}`);
      const takeBack = applyChange(change, this.#context, number);
      try {
        const built = await this.#orFailure(() => this.#build(scenario, number));
        if (typeof built === 'string') failures.tsbuild = built;
        else {
          last = built;
          walls.tsbuild = [...(walls.tsbuild ?? []), built.wall];
        }
        for (const peer of peers.filter(() => isForPeers(scenario))) {
          const wall = await this.#peerBuild(peer, withNumber(change, number), { cold: store === 'cold' });
          if (typeof wall === 'string') failures[peer.name] = wall;
          else walls[peer.name] = [...(walls[peer.name] ?? []), wall];
        }
      } finally {
        takeBack();
      }
    }
    const { steps = [], bytes = { copied: 0, layers: 0, blobs: 0 } } = last ?? {};
    return { name, detail, store, walls, failures, steps, bytes };
  }

  async #orFailure<T>(work: () => Promise<T>): Promise<T | string> {
    try {
      return await work();
    } catch (error) {
      this.#options.signal.throwIfAborted();
      if (error instanceof TsbuildError && error.code === 'STEP_FAILED') return error.message;
      throw toTsbuildError(error);
    }
  }

  async #build({ store, change }: Scenario, number: number): Promise<Built> {
    const args = this.#buildArgs(withNumber(change, number));
    const warm = this.#warm as ThrowAwayStore;
    if (store === 'warm')
      return change.kind === 'base' ? this.#onOtherBase(warm, change.image, { args, number }) : warm.build(args);
    const fresh = await this.#newStore();
    if (store === 'cold') return fresh.build(args);
    const { remote } = this.#options;
    const directory = join(this.#directory, `cache-${number}`);
    const [to, from] =
      remote === undefined
        ? [`type=local,dest=${directory}`, `type=local,src=${directory}`]
        : [`type=registry,ref=${remote}`, `type=registry,ref=${remote}`];
    await warm.build(args, [`--cache-to=${to},mode=max`]);
    return fresh.build(args, [`--cache-from=${from}`]);
  }

  /** The base image gets a layer more in the throw-away store alone, and is there what it was afterwards. */
  async #onOtherBase(
    store: ThrowAwayStore,
    image: string,
    { args, number }: { args: readonly string[]; number: number },
  ): Promise<Built> {
    const kept = `${TAG}:base-${number}`;
    const file = `FROM ${image}\nCOPY <<EOF /.tsbuild-bench\n${number}\nEOF\n`;
    await store.command(['tag', image, kept]);
    await store.command(['build', '-q', '-t', image, '-f', '-', this.#context], file);
    try {
      return await store.build(args);
    } finally {
      await store.command(['tag', kept, image]);
    }
  }

  async #peerBuild(peer: Peer, change: Change, { cold }: { cold: boolean }): Promise<number | string> {
    const { signal } = this.#options;
    const ended = await runProgram(peer.build(this.#buildArgs(change), { cold }), { env: process.env, signal });
    if (ended === undefined) return 'not installed';
    return ended.code === 0 ? ended.wall : lastWords(ended);
  }

  #buildArgs(change: Change): string[] {
    const { project, plan } = this.#options;
    const { file, target, args } = plan.build;
    const all = { ...args, ...(change.kind === 'args' ? change.args : {}) };
    return [
      '-t',
      TAG,
      ...(file === undefined
        ? []
        : ['-f', join(this.#context, relative(project.directory, join(project.directory, file)))]),
      ...(target === undefined ? [] : ['--target', target]),
      ...Object.entries(all).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
      this.#context,
    ];
  }
}

/** What of a scenario other builders can do without a cache or images of their own being touched. */
function isForPeers({ store, change }: Scenario): boolean {
  return store !== 'remote' && change.kind !== 'base';
}

function withNumber(change: Change, number: number): Change {
  if (change.kind !== 'args') return change;
  const args = Object.entries(change.args).map(([name, value]) => [name, numbered(value, number)]);
  return { kind: 'args', args: Object.fromEntries(args) };
}
