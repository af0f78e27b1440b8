import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inUserNamespace } from '../../runner/index.ts';
import { type BytePath, fromBytePath, toBytePath } from '../../src/base/bytepath.ts';
import { packRootfs } from '../../src/export/rootfs.ts';
import type { FileAttributes } from '../../src/snapshot/attributes.ts';
import { isCarriedXattr } from '../../src/snapshot/carried-xattrs.ts';
import { LayerWriter } from '../../src/snapshot/layer-writer.ts';
import { mergeLayers } from '../../src/snapshot/merge.ts';
import { overlayMarks } from '../../src/snapshot/overlay-marks.ts';
import { RootView, type ViewLayer } from '../../src/snapshot/root-view.ts';
import { unpackLayer } from '../../src/snapshot/unpack.ts';
import { makeTar, type TestEntry } from '../support/image.ts';
import { parseSamples, type Sample } from '../tar/samples.ts';

/** Root's, with a time that no clock shows. */
export function attributes(mode: number, changes: Partial<FileAttributes> = {}): FileAttributes {
  return { mode, uid: 0, gid: 0, mtimeMs: 1_600_000_000_000, ...changes };
}

export async function* bytes(buffer: Buffer): AsyncGenerator<Buffer> {
  yield buffer;
}

/** Layers as directories, one over the other, in a temporary directory. */
export class LayerStack {
  readonly directory = mkdtempSync(join(tmpdir(), 'tsbuild-layers-'));
  readonly userXattrs = inUserNamespace();
  /** From the top down. */
  readonly #layers: ViewLayer[] = [];
  #made = 0;

  constructor() {
    mkdirSync(join(this.directory, 'empty'));
    mkdirSync(join(this.directory, 'merged'));
  }

  static async with(work: (stack: LayerStack) => Promise<void>): Promise<void> {
    const stack = new LayerStack();
    try {
      await work(stack);
    } finally {
      rmSync(stack.directory, { recursive: true, force: true });
    }
  }

  /** The directory of the topmost layer. */
  get top(): string {
    return fromBytePath(this.#layers[0]?.directory ?? '');
  }

  view(): RootView {
    return new RootView(this.#layers);
  }

  /** Writes a layer on top, and says which of its directories the writer calls opaque. */
  add(write: (writer: LayerWriter) => void): Promise<readonly string[]> {
    return this.addLater(async (writer) => {
      write(writer);
      await writer.finish();
    });
  }

  /** The same, where the work itself finishes the layer. */
  async addLater(write: (writer: LayerWriter) => Promise<void>): Promise<readonly string[]> {
    const directory = this.#newDirectory();
    const writer = new LayerWriter(directory, this.view(), { userXattrs: this.userXattrs });
    await write(writer);
    this.#layers.unshift({ directory, opaque: new Set(writer.opaque) });
    return writer.opaque;
  }

  /** Puts what some layers come to in their place; `below` are under them. Returns the directory. */
  async merge({ below, count }: { below: number; count: number }): Promise<string> {
    const at = this.#layers.length - below - count;
    const directory = this.#newDirectory();
    const [layers, lower] = [this.#layers.slice(at, at + count), this.#layers.slice(at + count)];
    const { signal } = new AbortController();
    const opaque = await mergeLayers(directory, layers, lower, { userXattrs: this.userXattrs, signal });
    this.#layers.splice(at, count, { directory, opaque: new Set(opaque) });
    return fromBytePath(directory);
  }

  #newDirectory(): BytePath {
    const path = join(this.directory, String(this.#made++));
    mkdirSync(path, { mode: 0o755 });
    return toBytePath(path);
  }

  unpack(entries: readonly TestEntry[]): Promise<readonly string[]> {
    return this.unpackTar(bytes(makeTar(entries)));
  }

  unpackTar(tar: AsyncIterable<Buffer>): Promise<readonly string[]> {
    return this.addLater((writer) => unpackLayer(tar, writer));
  }

  /** The directories that the topmost layer's attributes say are opaque. */
  marks(): Promise<string[]> {
    return overlayMarks(toBytePath(this.top), this.userXattrs);
  }

  /** What the layers come to as this program sees them, a line for each name. */
  async viewed(): Promise<string[]> {
    const chunks: Buffer[] = [];
    await packRootfs([{ tree: this.view() }], (chunk) => chunks.push(Buffer.from(chunk)));
    return linesOf(parseSamples(Buffer.concat(chunks)));
  }

  /** The same as the kernel sees them, through GNU tar. */
  mounted(): string[] {
    return this.#inOverlay('', 'true');
  }

  /** Runs a script in an overlay over the layers; returns the upper directory, and what the script saw at its end. */
  overlay(script: string): { upper: string; merged: string[] } {
    const upper = join(this.directory, 'upper');
    for (const name of ['upper', 'work']) mkdirSync(join(this.directory, name), { mode: 0o755 });
    return { merged: this.#inOverlay('upperdir=upper,workdir=work,', script), upper };
  }

  #inOverlay(options: string, work: string): string[] {
    const lower = [...this.#layers.map(({ directory }) => basename(fromBytePath(directory))), 'empty'].join(':');
    // With users' attributes the kernel allows neither redirects nor metacopy, and refuses to be told so.
    const features = this.userXattrs ? 'userxattr,xino=off' : 'redirect_dir=off,metacopy=off,index=off,xino=off';
    const mount = `mount -t overlay overlay -o "${options}${features},lowerdir=${lower}" merged`;
    // Mounted anew, because an overlay remembers the inodes that files had before they were copied up.
    const script = [
      'cd "$1"',
      `${mount} && (cd merged && ${work}) >&2 && umount merged`,
      `${mount} && tar -C merged ${TAR_OPTIONS.join(' ')}`,
    ].join(' && ');
    return linesOf(tarOf('unshare', ['-m', 'sh', '-c', script, 'sh', this.directory]));
  }
}

const TAR_OPTIONS = ['--sort=name', '--format=posix', '--xattrs', '--xattrs-include=*', '-cf', '-', '.'];

/** Everything in a directory, as GNU tar sees it, a line for each name. */
export function linesOfDirectory(directory: string): string[] {
  return linesOf(tarOf('tar', ['-C', directory, ...TAR_OPTIONS]));
}

function tarOf(program: string, args: readonly string[]): Sample[] {
  const env = { ...process.env, LC_ALL: 'C' };
  return parseSamples(execFileSync(program, args, { maxBuffer: 256 << 20, env }));
}

/** A line for each member of a tar but its root, sorted: all that an image holds of it, times in whole seconds. */
export function linesOf(samples: readonly Sample[]): string[] {
  const lines = samples.map(({ entry, content }) => {
    const path = entry.path.replace(/^\.(\/|$)/, '');
    const { type, mode, uid, gid, devMajor, devMinor } = entry;
    const xattrs = [...(entry.xattrs ?? [])].filter(([name]) => isCarriedXattr(name));
    const what =
      type === 'file'
        ? JSON.stringify(content.toString('latin1'))
        : type === 'char' || type === 'block'
          ? `${devMajor},${devMinor}`
          : (entry.linkPath ?? '').replace(type === 'hardlink' ? /^\.\// : /$^/, '');
    const attributes = xattrs.map(([name, value]) => `${name}=${value.toString('hex')}`).sort();
    const owner = type === 'hardlink' ? [] : [mode.toString(8), `${uid}:${gid}`, Math.floor(entry.mtime)];
    return [path, type, ...owner, what, ...(type === 'hardlink' ? [] : attributes)].join(' ').trim();
  });
  return lines.filter((line) => !line.startsWith('directory ')).sort();
}

/** Only the names, and the content of files: `a/b=text`, `link->target`. */
export function namesOf(lines: readonly string[]): string[] {
  return lines.map((line) => {
    const [path = '', type, , , , ...rest] = line.split(' ');
    if (type === 'file') return `${path}=${JSON.parse(rest[0] ?? '""')}`;
    if (type === 'symlink') return `${path}->${rest.join(' ')}`;
    return type === 'directory' ? `${path}/` : `${path} (${type})`;
  });
}
