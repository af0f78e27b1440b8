import { lstatSync, readdirSync } from 'node:fs';
import { turn } from '../base/abortable.ts';
import { type BytePath, fsPath, joinBytePath } from '../base/bytepath.ts';
import { readCarriedXattrs } from './carried-xattrs.ts';
import { LayerWriter } from './layer-writer.ts';
import { lookAt } from './long-path.ts';
import { copyEntries, type Entry } from './root-copy.ts';
import { entryIn, RootView, type ViewLayer } from './root-view.ts';
import type { TreeEntry } from './tree.ts';

/** How many names are looked at before other work of this process gets a turn. */
const TURN_NAMES = 500;

const REPLACE = { replace: true };

/** What layers say of one name. */
interface Mention {
  path: BytePath;
  /** Undefined where it is taken away. */
  entry: TreeEntry | undefined;
  /** For a directory: those that make it up, top first. */
  parts: readonly Part[];
  /** Whether one of the layers hides what is below all of them. */
  hidesBelow: boolean;
}

interface Part {
  directory: BytePath;
  layer: ViewLayer;
}

/**
 * Writes what layers that lie on each other come to into an empty directory, as one layer over those that are below them
 * all. Layers are given from the top down. The files are the layers' own under one more name, so none of them may ever
 * change; where the file system takes no more names of one, it is copied. No layer may have names without whiteouts
 * (`unmarked`). Returns the directories that hide what is below, also where the file system takes no mark of it.
 */
export async function mergeLayers(
  directory: BytePath,
  layers: readonly ViewLayer[],
  below: readonly ViewLayer[],
  { userXattrs, signal }: { userXattrs: boolean; signal: AbortSignal },
): Promise<readonly BytePath[]> {
  const writer = new LayerWriter(directory, new RootView(below), { userXattrs });
  const mentions = await mentionsIn(layers, signal);
  const directories = mentions.flatMap(({ entry }) => (entry?.type === 'directory' ? entry : []));
  const xattrs = await readCarriedXattrs(directories);
  const refused: Entry[] = [];
  for (const [index, { path, entry, hidesBelow }] of mentions.entries()) {
    if (index % TURN_NAMES === 0) await turn(signal);
    if (entry === undefined) writer.whiteout(path);
    else if (entry.type === 'directory') {
      writer.putDirectory(path, { ...entry, xattrs: xattrs.get(entry.hostPath) }, REPLACE);
      if (hidesBelow) writer.whiteout(path);
    } else if (!writer.putFileLink(path, entry.hostPath, REPLACE)) refused.push({ path, entry });
  }
  await copyEntries(refused, writer, signal);
  await writer.finish();
  return writer.opaque;
}

/** A directory before what is in it. */
async function mentionsIn(layers: readonly ViewLayer[], signal: AbortSignal): Promise<Mention[]> {
  const root = mentionOf(
    '',
    layers.map((layer) => ({ directory: layer.directory, layer })),
  );
  const found = [root];
  const pending = [root];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const [name, candidates] of namesIn(next)) {
      if (found.length % TURN_NAMES === 0) await turn(signal);
      const mention = mentionOf(joinBytePath(next.path, name), candidates);
      found.push(mention);
      if (mention.parts.length > 0) pending.push(mention);
    }
  }
  return found;
}

/** The names in a directory, each with where it is, top first. */
function namesIn({ path, parts }: Mention): Map<BytePath, Part[]> {
  const names = new Map<BytePath, Part[]>();
  for (const { directory, layer } of parts) {
    for (const name of lookAt(path, () => readdirSync(fsPath(directory), 'latin1'))) {
      const part = { directory: joinBytePath(directory, name), layer };
      const known = names.get(name);
      if (known === undefined) names.set(name, [part]);
      else known.push(part);
    }
  }
  return names;
}

/** By the rules of `RootView`, except that a whiteout is a mention. */
function mentionOf(path: BytePath, candidates: readonly Part[]): Mention {
  let entry: TreeEntry | undefined;
  const parts: Part[] = [];
  for (const candidate of candidates) {
    const stats = lookAt(path, () => lstatSync(fsPath(candidate.directory)));
    if (!stats.isDirectory()) {
      const isWhiteout = stats.isCharacterDevice() && stats.rdev === 0;
      if (!isWhiteout) entry ??= entryIn(candidate.layer, stats, candidate.directory);
      return { path, entry, parts, hidesBelow: true };
    }
    entry ??= entryIn(candidate.layer, stats, candidate.directory);
    parts.push(candidate);
    if (candidate.layer.opaque.has(path)) return { path, entry, parts, hidesBelow: true };
  }
  return { path, entry, parts, hidesBelow: false };
}
