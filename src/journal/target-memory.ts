import { existsSync } from 'node:fs';
import { type Digest, digestOfJson, hexOf, type Json } from '../base/digest.ts';
import type { RecordStore } from '../store/records.ts';
import { isRecordedGraph, type RecordedGraph } from './graph-record.ts';

/** What makes two builds builds of the same thing. */
export interface TargetIdentity {
  /** The build context: absolute, without links. */
  directory: string;
  /** As given on the command line. */
  file?: string | undefined;
  target?: string | undefined;
  /** In a build of several targets. */
  name?: string | undefined;
}

/** A build of a target: one graph for each platform. */
export interface EarlierBuild {
  build: string;
  /** Milliseconds since the epoch. */
  time: number;
  branch?: string | undefined;
  /** It did not come to its end: what it has no record of has not run. */
  failed?: boolean | undefined;
  graphs: readonly Digest[];
}

export interface RememberedTarget extends TargetIdentity {
  /** The newest first. */
  builds: readonly EarlierBuild[];
}

/** Enough to go back and forth between some branches. */
const MAX_BUILDS = 16;

/** What was built of each target, for comparing. Graphs are stored once, however often they are built. */
export class TargetMemory {
  readonly #records: RecordStore;

  constructor(records: RecordStore) {
    this.#records = records;
  }

  recall(target: TargetIdentity): RememberedTarget | undefined {
    return this.#read(keyOf(target));
  }

  /** The targets with the same build file and stage in other directories: a checkout that has moved. */
  similar({ directory, file, target, name }: TargetIdentity): RememberedTarget[] {
    return [...this.#records.keys('targets')]
      .map((key) => this.#read(key))
      .filter((known) => known !== undefined)
      .filter((known) => known.directory !== directory && known.target === target && known.name === name)
      .filter((known) => baseName(known.file) === baseName(file));
  }

  graph(key: Digest): RecordedGraph | undefined {
    const record = this.#records.get('graphs', hexOf(key));
    return isRecordedGraph(record) ? record : undefined;
  }

  /** Stores what a target is now; costs next to nothing where it has been seen. Returns the graph's key. */
  keep(graph: RecordedGraph): Digest {
    const { platform, config, ignore, steps } = graph;
    const shown = steps.map(({ key, name }) => [key, name]);
    const key = digestOfJson({ platform, config, ignore, shown });
    if (existsSync(this.#records.path('graphs', hexOf(key)))) this.#records.touch('graphs', hexOf(key));
    else this.#records.put('graphs', hexOf(key), graph as unknown as Json);
    return key;
  }

  remember({ directory, file, target, name }: TargetIdentity, build: EarlierBuild): void {
    const identity = { directory, file, target, name };
    const before = this.recall(identity)?.builds ?? [];
    const others = before.filter(({ graphs }) => graphs.join() !== build.graphs.join());
    const builds = [build, ...others].slice(0, MAX_BUILDS);
    this.#records.put('targets', keyOf(identity), { ...identity, builds } as unknown as Json);
  }

  #read(key: string): RememberedTarget | undefined {
    const record = this.#records.get('targets', key) as Partial<RememberedTarget> | undefined;
    return typeof record?.directory === 'string' && Array.isArray(record.builds)
      ? (record as RememberedTarget)
      : undefined;
  }
}

function keyOf({ directory, file, target, name }: TargetIdentity): string {
  return hexOf(digestOfJson({ directory, file, target, name }));
}

function baseName(path: string | undefined): string | undefined {
  return path?.slice(path.lastIndexOf('/') + 1);
}
