import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { uniqueName, writeFileAtomic } from '../base/atomic.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { parseIndex } from '../oci/manifest.ts';
import { OCI_INDEX } from '../oci/media-types.ts';
import type { Descriptor, Index } from '../oci/types.ts';
import type { ArchiveMember } from '../tar/archive.ts';

/** The name of an image in an OCI layout (image-spec, annotations.md). */
export const REF_NAME = 'org.opencontainers.image.ref.name';

/**
 * Writes what would be an archive into a directory. Blobs that are there are not written again; what the directory
 * names besides stays, and its index, which names the images, comes last.
 */
export async function writeLayoutDirectory(directory: string, members: AsyncIterable<ArchiveMember>): Promise<void> {
  const named: Descriptor[] = [];
  for await (const member of members) {
    const { name, content } = member;
    const path = join(directory, name);
    if (content === undefined) continue;
    if (name === 'index.json') named.push(...parseIndex(content as Buffer).manifests);
    else if (Buffer.isBuffer(content)) writeFileAtomic(path, content);
    else if (!existsSync(path)) await writeStream(path, content);
  }
  nameInLayout(directory, named);
}

/** Adds entries to the index of a layout, in the place of those that had their names. */
export function nameInLayout(directory: string, entries: readonly Descriptor[]): void {
  const names = new Set(entries.map(({ annotations }) => annotations?.[REF_NAME]));
  const digests = new Set(entries.map(({ digest }) => digest));
  const isReplaced = ({ annotations, digest }: Descriptor) =>
    annotations?.[REF_NAME] === undefined ? digests.has(digest) : names.has(annotations[REF_NAME]);
  const others = readIndex(directory).manifests.filter((entry) => !isReplaced(entry));
  const index: Index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...others, ...entries] };
  writeFileAtomic(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  writeFileAtomic(join(directory, 'index.json'), JSON.stringify(index));
}

function readIndex(directory: string): Index {
  try {
    return parseIndex(readFileSync(join(directory, 'index.json')));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { schemaVersion: 2, manifests: [] };
    if (!isErrno(error, 'ENOTDIR')) throw error;
    throw new TsbuildError('INVALID', `cannot write ${directory}: it is a file`, {
      hint: 'choose another destination',
    });
  }
}

/** The file appears when it is complete. */
async function writeStream(path: string, source: AsyncIterable<Buffer>): Promise<void> {
  const temporary = join(dirname(path), uniqueName('.tmp-'));
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(temporary, 'wx', 0o644);
  try {
    for await (const chunk of source) {
      for (let offset = 0; offset < chunk.length; ) offset += writeSync(fd, chunk, offset);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}
