import type { BytePath } from '../base/bytepath.ts';
import { type Digest, digestOfJson, type Json } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import type { Executed, Executor, Vertex } from '../graph/vertex.ts';
import type { Draft } from '../snapshot/snapshots.ts';
import { type Download, fetchFile, type HttpOp } from './http-download.ts';
import type { RemoteContext } from './remote-context.ts';
import { rootfsValue, usableRootfs } from './rootfs.ts';

interface Known {
  digest: Digest;
  name: BytePath;
  /** Where the content has been fetched in this build. */
  draft?: Draft | undefined;
}

/**
 * The file of a URL. The server is asked in every build, with what it said last time, unless the checksum is given; the
 * key is the content's digest and the file's name. What was fetched to find that out is the result.
 */
export function httpExecutor(context: RemoteContext): Executor {
  const known = new Map<Digest, Promise<Known>>();
  const find = (vertex: Vertex): Promise<Known> => {
    const op = opOf(vertex);
    const key = digestOfJson(vertex.op);
    const found = known.get(key) ?? identify(op, context);
    known.set(key, found);
    return found;
  };
  return {
    cacheable: true,
    usable: usableRootfs(context.snapshots),

    async define(vertex: Vertex): Promise<Json> {
      const { digest, name } = await find(vertex);
      return { digest, name };
    },

    async execute(vertex: Vertex): Promise<Executed> {
      const { digest, name, draft } = await find(vertex);
      const fetched = draft ?? (await fetchAgain(opOf(vertex), digest, context));
      const snapshot = context.snapshots.commit(fetched);
      return { value: rootfsValue(snapshot), id: digestOfJson({ file: name, digest }) };
    },
  };
}

async function identify(op: HttpOp, context: RemoteContext): Promise<Known> {
  const { name, checksum } = op;
  if (name !== undefined && checksum !== undefined) return { name, digest: checksum };
  return verified(op, await fetchFile(op, context, { onlyIfChanged: true }), context);
}

/** The content, where it was known without being fetched and is not in the cache. */
async function fetchAgain(op: HttpOp, digest: Digest, context: RemoteContext): Promise<Draft> {
  const { draft, digest: actual } = verified(op, await fetchFile(op, context, { onlyIfChanged: false }), context);
  if (draft !== undefined && actual === digest) return draft;
  throw new TsbuildError('CHANGED', `${op.url} changed while it was being fetched`, { hint: 'run the build again' });
}

function verified({ url, checksum }: HttpOp, download: Download, { snapshots }: RemoteContext): Download {
  if (checksum === undefined || checksum === download.digest) return download;
  if (download.draft !== undefined) snapshots.discard(download.draft);
  throw new TsbuildError('INVALID', `${url} has the digest ${download.digest}, and --checksum says ${checksum}`, {
    hint: 'the file has changed on the server, or the checksum is that of another one',
  });
}

function opOf(vertex: Vertex): HttpOp {
  return vertex.op as unknown as HttpOp;
}
