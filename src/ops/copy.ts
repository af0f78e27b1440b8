import { type BytePath, toBytePath } from '../base/bytepath.ts';
import type { Digest, Json } from '../base/digest.ts';
import { ignoreRules } from '../base/ignore.ts';
import { contentDigest, itemsOf, sha256File } from '../context/content-digest.ts';
import { type Selected, selectSources } from '../context/select.ts';
import type { ExecuteContext, Executed, Executor, Op, Result, Vertex } from '../graph/vertex.ts';
import { readCarriedXattrs } from '../snapshot/carried-xattrs.ts';
import { LayerWriter } from '../snapshot/layer-writer.ts';
import type { RootView } from '../snapshot/root-view.ts';
import type { OpsContext } from './context.ts';
import type { ContextSource, SelectionRequest } from './context-source.ts';
import { type CopySelection, CopyWriter, type InlineFile } from './copy-writer.ts';
import { rootfsOf, rootfsValue, usableRootfs } from './rootfs.ts';
import { resolveOwner } from './users.ts';

interface CopyOp {
  from: 'context' | 'input';
  sources: readonly ({ pattern: BytePath } | { name: BytePath; content: string })[];
  destination: BytePath;
  chown?: string | undefined;
  /** Octal as a number, symbolic as it was written. */
  mode?: number | string | undefined;
  /** Ignore patterns, relative to each source that is a directory. */
  exclude?: readonly BytePath[] | undefined;
  parents?: boolean | undefined;
  unpack?: boolean | undefined;
}

interface Selection extends CopySelection {
  digest: Digest;
}

/**
 * COPY and ADD. From the context, the content is part of the definition; from a stage or an image it is found out
 * once that has been built, so that a stage with the same files invalidates nothing. The layer is written straight
 * into its snapshot, without a mount.
 */
export function copyExecutor(context: OpsContext & { source: (vertex: Vertex) => ContextSource }): Executor {
  const { snapshots, layers } = context;
  const selections = new Map<Vertex, Promise<Selection>>();
  const selectionOf = (vertex: Vertex, select: () => Promise<Selection>) => {
    const selection = selections.get(vertex) ?? select();
    selections.set(vertex, selection);
    return selection;
  };
  const fromInput = (vertex: Vertex, input: Result) =>
    selectionOf(vertex, async () => selectFrom(await layers.view(rootfsOf(input).snapshot), vertex));

  return {
    cacheable: true,
    usable: usableRootfs(snapshots),

    async define(vertex: Vertex): Promise<Json> {
      const op = opOf(vertex);
      if (op.from !== 'context' || patternsOf(op).length === 0) return null;
      const source = context.source(vertex);
      const { tree } = source;
      const selection = selectionOf(vertex, async () => ({ tree, ...(await source.select(requestOf(op))) }));
      return (await selection).digest;
    },

    async contentOf(vertex: Vertex, inputs: readonly Result[]): Promise<readonly Json[]> {
      const [parent, source] = inputs as [Result, Result | undefined];
      if (source === undefined) return [parent.id];
      return [parent.id, (await fromInput(vertex, source)).digest];
    },

    /** Where files lie before they are copied does not matter: their names are part of the content. */
    contentOp({ op }: Vertex): Op {
      const sources = (op.sources as Json[]).filter((source) => !('pattern' in (source as object)));
      return { ...op, sources };
    },

    async execute(vertex: Vertex, inputs: readonly Result[], { status, signal }: ExecuteContext): Promise<Executed> {
      const [parent, source] = inputs as [Result, Result | undefined];
      const { snapshot } = rootfsOf(parent);
      const view = await layers.view(snapshot, status);
      const selection = source === undefined ? await selections.get(vertex) : await fromInput(vertex, source);
      const draft = snapshots.draft(snapshot);
      try {
        const writer = new LayerWriter(toBytePath(draft.fs), view, { userXattrs: snapshots.userXattrs });
        await writeCopy(opOf(vertex), view, writer, selection, signal);
        await writer.finish();
        if (writer.ownershipLost) context.onOwnershipLost();
        return { value: rootfsValue(snapshots.commit(draft, { opaque: writer.opaque })) };
      } catch (error) {
        snapshots.discard(draft);
        throw error;
      }
    },
  };
}

async function writeCopy(
  op: CopyOp,
  view: RootView,
  writer: LayerWriter,
  selection: Selection | undefined,
  signal: AbortSignal,
): Promise<void> {
  const copy = new CopyWriter({
    writer,
    destination: op.destination,
    owner: op.chown === undefined ? undefined : resolveOwner(view, op.chown),
    mode: op.mode,
    keepOwners: op.from === 'input',
    unpack: op.unpack === true,
    signal,
  });
  if (selection !== undefined) await copy.putSelection(selection);
  for (const file of inlineOf(op)) copy.putInline(file);
}

async function selectFrom(tree: RootView, vertex: Vertex): Promise<Selection> {
  const { patterns, parents, exclude } = requestOf(opOf(vertex));
  const sources: Selected[] = [];
  for (const pattern of patterns) {
    sources.push(
      ...(await selectSources(tree, pattern, { treeName: 'the stage or image that is copied from', parents })),
    );
  }
  const found = itemsOf(tree, sources, exclude && ignoreRules(exclude));
  const items = found.filter(({ entry }) => entry.type !== 'socket');
  const digestFile = (_: BytePath, entry: { hostPath: BytePath }) => sha256File(entry.hostPath);
  const xattrs = await readCarriedXattrs(items.map(({ entry }) => entry));
  const { digest } = contentDigest(tree, sources, items, { owners: true, xattrs, digestFile });
  return { tree, sources, items, xattrs: async () => xattrs, digest };
}

function opOf(vertex: Vertex): CopyOp {
  return vertex.op as unknown as CopyOp;
}

function patternsOf(op: CopyOp): BytePath[] {
  return op.sources.flatMap((source) => ('pattern' in source ? [source.pattern] : []));
}

function requestOf(op: CopyOp): SelectionRequest {
  return { patterns: patternsOf(op), parents: op.parents, exclude: op.exclude };
}

function inlineOf(op: CopyOp): InlineFile[] {
  return op.sources.flatMap((source) =>
    'pattern' in source ? [] : [{ name: source.name, content: Buffer.from(source.content) }],
  );
}
