import { createHash } from 'node:crypto';
import { type BytePath, toBytePath } from '../base/bytepath.ts';
import { type Digest, digestOf, isDigest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import type { HttpDocument } from '../registry/index.ts';
import { LayerWriter } from '../snapshot/layer-writer.ts';
import type { Draft } from '../snapshot/snapshots.ts';
import type { LayerProgress } from './base-layers.ts';
import type { RemoteContext } from './remote-context.ts';

/** A tree with one file: of root, 0600, with the time that the server says. */
export interface HttpOp {
  /** Without user, password and fragment. */
  url: string;
  name?: BytePath | undefined;
  checksum?: Digest | undefined;
}

export interface Download {
  digest: Digest;
  name: BytePath;
  /** The file in a directory of its own; absent where the server says that it is as it was. */
  draft?: Draft | undefined;
}

/** What is remembered of a URL. */
interface Answer {
  digest: Digest;
  /** As the server called it; the URL may say it better. */
  name?: BytePath | undefined;
  etag?: string | undefined;
  lastModified?: string | undefined;
}

/** Bytes; no file that a build adds is larger, and a server must not be able to fill a disk for ever. */
const MAX_SIZE = 64 * 1024 ** 3;
/** How often a body that breaks off is begun again. */
const ATTEMPTS = 3;
const FILE_MODE = 0o600;

/** Fetches the file of a URL into a draft; with `onlyIfChanged` only where it is not what it was last time. */
export function fetchFile(op: HttpOp, context: RemoteContext, options: { onlyIfChanged: boolean }): Promise<Download> {
  const { url } = op;
  return context.step(`[internal] fetch ${shown(url)}`, async (progress) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await fetchOnce(op, context, { ...options, progress });
      } catch (error) {
        const mayPass = error instanceof BrokenOff && attempt < ATTEMPTS && !context.signal.aborted;
        if (!mayPass) throw error instanceof BrokenOff ? error.cause : error;
      }
    }
  });
}

/** A body that did not come to its end. */
class BrokenOff extends Error {}

interface FetchOptions {
  onlyIfChanged: boolean;
  progress: LayerProgress;
}

async function fetchOnce(op: HttpOp, context: RemoteContext, options: FetchOptions): Promise<Download> {
  const { records, signal } = context;
  const key = digestOf(op.url);
  const before = options.onlyIfChanged ? answerOf(records.get(key)) : undefined;
  const client = await context.http();
  const headers = { ...conditions(before), ...authorization(op.url, context) };
  const document = await client.open(new URL(op.url), { headers, signal });
  if (before !== undefined && isUnchanged(document, before)) {
    await document.discard();
    return { digest: before.digest, name: nameFor(op, before.name) };
  }
  if (document.status >= 300) {
    await document.discard();
    throw new TsbuildError(
      'REGISTRY',
      `cannot fetch ${shown(op.url)}: ${document.url.host} answered ${document.status}`,
    );
  }
  const called = dispositionName(document.header('content-disposition'));
  const name = nameFor(op, called);
  const { digest, draft } = await save(document, name, context, options.progress);
  const etag = document.header('etag');
  const lastModified = document.header('last-modified');
  records.put(key, { digest, name: called, etag, lastModified });
  return { digest, name, draft };
}

function conditions(before: Answer | undefined): Record<string, string> {
  if (before?.etag !== undefined) return { 'if-none-match': before.etag };
  return before?.lastModified === undefined ? {} : { 'if-modified-since': before.lastModified };
}

function authorization(url: string, { credentials }: RemoteContext): Record<string, string> {
  const value = credentials.authorization(url, 'http');
  return value === undefined ? {} : { authorization: value };
}

/** Some servers send the whole file again and say only by its tag that it is the same. */
function isUnchanged({ status, header }: HttpDocument, { etag }: Answer): boolean {
  return status === 304 || (status === 200 && etag !== undefined && header('etag') === etag);
}

function answerOf(record: unknown): Answer | undefined {
  const { digest, ...answer } = (record ?? {}) as Partial<Answer>;
  return typeof digest === 'string' && isDigest(digest) ? { ...answer, digest } : undefined;
}

async function save(
  document: HttpDocument,
  name: BytePath,
  { snapshots, onOwnershipLost }: RemoteContext,
  progress: LayerProgress,
): Promise<{ digest: Digest; draft: Draft }> {
  const total = Number(document.header('content-length') ?? 0);
  if (total > MAX_SIZE) throw tooLarge(document);
  const draft = snapshots.draft(null);
  try {
    const writer = new LayerWriter(toBytePath(draft.fs), await snapshots.view(null), {
      userXattrs: snapshots.userXattrs,
    });
    const file = writer.openFile(name, { replace: false });
    const hash = createHash('sha256');
    try {
      for await (const { chunk, size } of measured(document)) {
        hash.update(chunk);
        file.write(chunk);
        progress('body', 'downloading', size, total);
      }
    } catch (error) {
      file.abandon();
      throw error;
    }
    file.close({ mode: FILE_MODE, uid: 0, gid: 0, mtimeMs: timeOf(document.header('last-modified')) });
    await writer.finish();
    if (writer.ownershipLost) onOwnershipLost();
    return { digest: `sha256:${hash.digest('hex')}`, draft };
  } catch (error) {
    snapshots.discard(draft);
    throw error;
  }
}

async function* measured(document: HttpDocument): AsyncGenerator<{ chunk: Buffer; size: number }> {
  let size = 0;
  const chunks = document.chunks();
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => {
        throw error instanceof TsbuildError && error.code === 'NETWORK' ? new BrokenOff('', { cause: error }) : error;
      });
      if (next.done) return;
      size += next.value.length;
      if (size > MAX_SIZE) throw tooLarge(document);
      yield { chunk: next.value, size };
    }
  } finally {
    await chunks.return(undefined);
  }
}

function tooLarge({ url }: HttpDocument): TsbuildError {
  return new TsbuildError('INVALID', `${shown(url.href)} is larger than the ${MAX_SIZE} bytes that are fetched`);
}

/** Milliseconds since the epoch; where the server says nothing it is 0, so that the clock is in no layer. */
function timeOf(lastModified: string | undefined): number {
  const time = Date.parse(lastModified ?? '');
  return Number.isNaN(time) ? 0 : time;
}

function nameFor({ name, url }: HttpOp, called: BytePath | undefined): BytePath {
  const found = name ?? called;
  if (found === undefined) {
    throw new TsbuildError('INVALID', `cannot determine the name of the file at ${shown(url)}`, {
      hint: 'name it in the destination: a path without a slash at the end',
    });
  }
  if (found.length <= MAX_NAME && !/[/\0]/.test(found) && found !== '.' && found !== '..') return found;
  throw new TsbuildError('INVALID', `${shown(url)} has a name that no file can have`, {
    hint: 'name it in the destination: a path without a slash at the end',
  });
}

/** Bytes of a file's name on Linux. */
const MAX_NAME = 255;

/** The name in a Content-Disposition header, without directories (RFC 6266). */
function dispositionName(header: string | undefined): BytePath | undefined {
  const [, , encoded] = /;\s*filename\*\s*=\s*(utf-8|iso-8859-1)'[^']*'([^;\s]+)/i.exec(header ?? '') ?? [];
  const [, quoted, token] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(header ?? '') ?? [];
  const text = decodedName(encoded) ?? quoted?.replace(/\\(.)/g, '$1') ?? token;
  return text?.split(/[/\\]/).findLast((part) => part !== '');
}

function decodedName(encoded: string | undefined): BytePath | undefined {
  if (encoded === undefined) return undefined;
  return encoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Without the query, which may be a signature. */
function shown(href: string): string {
  const { origin, pathname } = new URL(href);
  return origin + pathname;
}
