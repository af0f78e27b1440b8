import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasSingleId, inUserNamespace } from '../../runner/index.ts';
import { configureLauncher } from '../../runner/syscall/index.ts';
import { leaveLauncherDirectory } from '../../runner/syscall/launcher.ts';
import { TsbuildError } from '../../src/base/error.ts';
import type { BuildEvent } from '../../src/base/events.ts';
import { type BuildOptions, build } from '../../src/build/build.ts';
import { importRootfs } from '../../src/export/import.ts';
import { OCI_INDEX } from '../../src/oci/media-types.ts';
import { formatReference, parseReference } from '../../src/oci/reference.ts';
import type { ContainerConfig, Descriptor } from '../../src/oci/types.ts';
import { openStore } from '../../src/store/open.ts';
import { linesOf } from '../snapshot/layer-stack.ts';
import { busyboxRoot } from '../support/busybox.ts';
import { describe, makeImage, type TestEntry } from '../support/image.ts';
import { parseSamples } from '../tar/samples.ts';

export interface Built {
  /** The root filesystem, a line for each name, without times. */
  lines: string[];
  /** The same with times. */
  timed: string[];
  /** What was executed and what came from the cache, by the instruction. */
  executed: string[];
  cached: string[];
  /** What the steps said. */
  output: string;
}

/** A store and a build context of a test's own; builds run in this process. */
export class TestBuilder {
  readonly directory = mkdtempSync(join(tmpdir(), 'tsbuild-ops-'));
  readonly root = join(this.directory, 'store');
  readonly context = join(this.directory, 'context');
  #count = 0;

  constructor() {
    mkdirSync(this.context);
    // A build that has ended leaves the launcher of its own store in use.
    configureLauncher({ directory: join(this.directory, 'bin') });
  }

  static async with(work: (builder: TestBuilder) => Promise<void>): Promise<void> {
    const builder = new TestBuilder();
    try {
      await work(builder);
    } finally {
      leaveLauncherDirectory();
      rmSync(builder.directory, { recursive: true, force: true });
    }
  }

  async addImage(name: string, layers: readonly (readonly TestEntry[])[], config: ContainerConfig = {}): Promise<void> {
    const image = makeImage(layers, { config: { config } });
    const { content, images } = await openStore(this.root);
    for (const [digest, data] of image.blobs) await content.writeBytes(data, { digest });
    await content.writeBytes(image.manifestBytes);
    await images.tag(formatReference(parseReference(name)), image.descriptor);
  }

  /** An image of another one for each architecture. */
  async addPlatforms(name: string, architectures: readonly string[]): Promise<void> {
    const { content, images } = await openStore(this.root);
    const manifests: Descriptor[] = [];
    for (const architecture of architectures) {
      const image = makeImage([[{ path: architecture }]], { config: { architecture } });
      for (const [digest, data] of image.blobs) await content.writeBytes(data, { digest });
      await content.writeBytes(image.manifestBytes);
      manifests.push({ ...image.descriptor, platform: { os: 'linux', architecture } });
    }
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
    await content.writeBytes(index);
    await images.tag(formatReference(parseReference(name)), describe(OCI_INDEX, index));
  }

  /** The image `busybox`. */
  async addBusybox(): Promise<void> {
    const { content, images } = await openStore(this.root);
    const { signal } = new AbortController();
    const { descriptor } = await importRootfs(await busyboxRoot(), content, { signal });
    await images.tag(formatReference(parseReference('busybox')), descriptor);
  }

  /** Runs a script in the build context. */
  shell(script: string): void {
    execFileSync('sh', ['-ec', `umask 022\n${script}`], { cwd: this.context, stdio: ['ignore', 'ignore', 'inherit'] });
  }

  /** What builds have where a test says nothing else. */
  defaults(): BuildOptions {
    return {
      context: this.context,
      tags: [],
      buildArgs: {},
      labels: {},
      noCache: false,
      pull: false,
      jobs: 2,
      outputs: [],
      root: this.root,
      rootless: inUserNamespace(),
      singleUid: hasSingleId(),
      emit: () => undefined,
      signal: new AbortController().signal,
    };
  }

  async build(dockerfile: string, options: Partial<BuildOptions> = {}): Promise<Built> {
    const file = join(this.directory, `Dockerfile-${this.#count++}`);
    const tar = `${file}.tar`;
    writeFileSync(file, dockerfile);
    const events: BuildEvent[] = [];
    await build({
      ...this.defaults(),
      file,
      outputs: [{ type: 'tar', destination: tar }],
      emit: (event) => events.push(event),
      ...options,
    });
    const timed = options.outputs === undefined ? linesOf(parseSamples(readFileSync(tar))) : [];
    return { timed, lines: timed.map(withoutTime), ...stepsOf(events) };
  }

  /** How many layers of the store have files on the disk. */
  unpackedLayers(): number {
    const layers = join(this.root, 'v1/s');
    return readdirSync(layers).filter((id) => existsSync(join(layers, id, 'fs'))).length;
  }

  /** The digests of the layers in an OCI archive. */
  layersOf(archive: string): string[] {
    const read = (path: string) => JSON.parse(execFileSync('tar', ['-xOf', archive, path], { encoding: 'utf8' }));
    const blob = (digest: string) => read(`blobs/${digest.replace(':', '/')}`);
    const manifest = blob(read('index.json').manifests[0].digest);
    return manifest.layers.map(({ digest }: { digest: string }) => digest);
  }

  /** The code and message of the error that a build ends with. */
  async failure(dockerfile: string, options: Partial<BuildOptions> = {}): Promise<string> {
    try {
      await this.build(dockerfile, options);
      return 'no error';
    } catch (error) {
      if (!(error instanceof TsbuildError)) throw error;
      return `${error.code}: ${error.message}`;
    }
  }
}

/** The time is the third word but for hard links, which have none. Names in tests have no blanks. */
function withoutTime(line: string): string {
  const [path, type, mode, owner, , ...rest] = line.split(' ');
  return type === 'hardlink' ? line : [path, type, mode, owner, ...rest].join(' ');
}

function stepsOf(events: readonly BuildEvent[]): Pick<Built, 'executed' | 'cached' | 'output'> {
  const names = new Map(events.flatMap((event) => (event.type === 'vertex' ? [[event.vertex, event.name]] : [])));
  const namesOf = (type: 'started' | 'cached') =>
    events
      .flatMap((event) => (event.type === type ? [names.get(event.vertex) ?? ''] : []))
      .filter(isInstruction)
      .sort();
  const output = events.flatMap((event) => (event.type === 'log' ? [event.data.toString()] : [])).join('');
  return { executed: namesOf('started').map(shorten), cached: namesOf('cached').map(shorten), output };
}

const isInstruction = (name: string) =>
  name.startsWith('[') && !name.startsWith('[internal]') && !/\] FROM /.test(name);

/** `[build 2/5] RUN npm ci` is `build: RUN npm ci`. */
function shorten(name: string): string {
  return name.replace(/^\[(\S+ )?\d+\/\d+\] /, (_, stage?: string) => (stage === undefined ? '' : `${stage.trim()}: `));
}
