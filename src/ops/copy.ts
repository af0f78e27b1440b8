import { type BytePath, toBytePath } from '../base/bytepath.ts';
import { type Digest, digestOf, type Json } from '../base/digest.ts';
import { ignoreRules } from '../base/ignore.ts';
import { contentDigest } from '../context/content-digest.ts';
import { itemsOf } from '../context/contents.ts';
import { fileDigests } from '../context/file-digests.ts';
import { type Selected, selectSources } from '../context/select.ts';
import type { ExecuteContext, Executed, Executor, Op, Result, Vertex } from '../graph/vertex.ts';
import { readCarriedXattrs } from '../snapshot/carried-xattrs.ts';
import { LayerWriter } from '../snapshot/layer-writer.ts';
import type { RootView } from '../snapshot/root-view.ts';
import type { OpsContext } from './context.ts';
import type { ContextSource } from './context-source.ts';
import { CopiedFiles, type CopyRecords } from './copied-files.ts';
import { type CopySelection, CopyWriter, type InlineFile } from './copy-writer.ts';
import { rootfsOf, rootfsValue, usableRootfs } from './rootfs.ts';
import { resolveOwner } from './users.ts';

interface CopyOp {
  from: 'context' | 'input';
  sources: readonly (PatternSource | { name: BytePath; content: string })[];
  destination: BytePath;
  chown?: string | undefined;
  /** Octal as a number, symbolic as it was written. */
  mode?: number | string | undefined;
  /** Ignore patterns, relative to each source that is a directory. */
  exclude?: readonly BytePath[] | undefined;
  parents?: boolean | undefined;
  unpack?: boolean | undefined;
}

/** What is read of a tree: of the context or of `--from`, or of what a URL became, the input of that number. */
interface PatternSource {
  pattern: BytePath;
  input?: number | undefined;
  /** ADD --unpack of a download. */
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
export function copyExecutor(
  context: OpsContext & { source: (vertex: Vertex) => ContextSource; copies: CopyRecords },
): Executor {
  const { snapshots, layers } = context;
  const selections = new Map<Vertex, Map<number, Promise<Selection>>>();
  const selectionOf = (vertex: Vertex, tree: number, select: () => Promise<Selection>) => {
    const known = selections.get(vertex) ?? new Map<number, Promise<Selection>>();
    const selection = known.get(tree) ?? select();
    selections.set(vertex, known.set(tree, selection));
    return selection;
  };
  const fromInput = (vertex: Vertex, input: Result, number: number) =>
    selectionOf(vertex, number, async () => {
      const view = await layers.view(rootfsOf(input).snapshot);
      return selectFrom(view, opOf(vertex), number);
    });

  return {
    cacheable: true,
    usable: usableRootfs(snapshots),

    async define(vertex: Vertex): Promise<Json> {
      const op = opOf(vertex);
      const patterns = sourcesIn(op, CONTEXT).map(({ pattern }) => pattern);
      if (patterns.length === 0) return null;
      const source = context.source(vertex);
      const { tree } = source;
      const request = { patterns, parents: op.parents, exclude: op.exclude };
      const selection = selectionOf(vertex, CONTEXT, async () => ({ tree, ...(await source.select(request)) }));
      return (await selection).digest;
    },

    async contentOf(vertex: Vertex, inputs: readonly Result[]): Promise<readonly Json[]> {
      const [parent, ...trees] = inputs as [Result, ...Result[]];
      const selected = await Promise.all(trees.map((tree, index) => fromInput(vertex, tree, index + 1)));
      return [parent.id, ...selected.map(({ digest }) => digest)];
    },

    /** Where files lie before they are copied does not matter: their names are part of the content. */
    contentOp({ op }: Vertex): Op {
      const sources = (op as unknown as CopyOp).sources.flatMap((source): Json[] => {
        if (!('pattern' in source)) return [source];
        return source.unpack ? [{ input: source.input, unpack: true }] : [];
      });
      return { ...op, sources };
    },

    async execute(vertex: Vertex, inputs: readonly Result[], { status, signal }: ExecuteContext): Promise<Executed> {
      const [parent, ...trees] = inputs as [Result, ...Result[]];
      const { snapshot } = rootfsOf(parent);
      const view = await layers.view(snapshot, status);
      const local = await selections.get(vertex)?.get(CONTEXT);
      const others = await Promise.all(trees.map((tree, index) => fromInput(vertex, tree, index + 1)));
      const selected = local === undefined ? others : [local, ...others];
      const key = digestOf(JSON.stringify([local && context.source(vertex).identity, vertex.op]));
      const copied = CopiedFiles.of(snapshots, context.copies, key);
      const draft = snapshots.draft(snapshot);
      try {
        const writer = new LayerWriter(toBytePath(draft.fs), view, { userXattrs: snapshots.userXattrs });
        await writeCopy(opOf(vertex), view, writer, selected, copied, signal);
        await writer.finish();
        if (writer.ownershipLost) context.onOwnershipLost();
        const { opaque, unmarked, plain } = writer;
        const made = snapshots.commit(draft, { opaque, unmarked, plain: plain || undefined, after: copied.after });
        copied.keep(snapshots, context.copies, key, made);
        return { value: rootfsValue(made) };
      } catch (error) {
        snapshots.discard(draft);
        throw error;
      } finally {
        // The image is still to be packed, and what was read may be a million files.
        selections.delete(vertex);
      }
    },
  };
}

async function writeCopy(
  op: CopyOp,
  view: RootView,
  writer: LayerWriter,
  selected: readonly Selection[],
  copied: CopiedFiles,
  signal: AbortSignal,
): Promise<void> {
  const copy = new CopyWriter({
    writer,
    destination: op.destination,
    owner: op.chown === undefined ? undefined : resolveOwner(view, op.chown),
    mode: op.mode,
    keepOwners: op.from === 'input',
    copied,
    signal,
  });
  for (const selection of selected) await copy.putSelection({ unpack: op.unpack === true, ...selection });
  for (const file of inlineOf(op)) copy.putInline(file);
}

async function selectFrom(tree: RootView, op: CopyOp, number: number): Promise<Selection> {
  const wanted = sourcesIn(op, number);
  const { parents, exclude } = op;
  const sources: Selected[] = [];
  for (const { pattern } of wanted) {
    sources.push(
      ...(await selectSources(tree, pattern, { treeName: 'the stage or image that is copied from', parents })),
    );
  }
  const items = itemsOf(tree, sources, { exclude: exclude && ignoreRules(exclude), skip: 'socket' });
  const xattrs = await readCarriedXattrs(items.treeEntries());
  const digests = await fileDigests(items.treeEntries(({ entry }) => entry.type === 'file'));
  const digestFile = () => digests.next().value as Buffer;
  const { digest, text } = contentDigest(tree, sources, items, { owners: true, xattrs, digestFile });
  const fetched = wanted.find(({ input }) => input !== undefined);
  const unpack = fetched && { unpack: fetched.unpack === true };
  return { tree, sources, items, xattrs: async () => xattrs, digest, text: () => text, ...unpack };
}

function opOf(vertex: Vertex): CopyOp {
  return vertex.op as unknown as CopyOp;
}

/** The number of the build context among the trees that are read; the others have that of their input. */
const CONTEXT = 0;

function sourcesIn({ from, sources }: CopyOp, tree: number): PatternSource[] {
  const plain = from === 'context' ? CONTEXT : 1;
  return sources.flatMap((source) => ('pattern' in source && (source.input ?? plain) === tree ? [source] : []));
}

function inlineOf(op: CopyOp): InlineFile[] {
  return op.sources.flatMap((source) =>
    'pattern' in source ? [] : [{ name: source.name, content: Buffer.from(source.content) }],
  );
}
