import { once } from 'node:events';
import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { TsbuildError } from '../base/error.ts';
import { readArchive } from '../containers/archive.ts';
import { type ContainerFiles, filesOf, produced } from '../containers/files.ts';
import { writeArchive } from '../containers/unarchive.ts';
import { findContainer } from './container-actions.ts';
import { inNamespace } from './namespace.ts';
import { openContainers } from './open.ts';
import { type GlobalArguments, keepDash } from './options.ts';

export interface CopyArguments extends GlobalArguments {
  source: string;
  destination: string;
  followLink?: boolean | undefined;
  archive?: boolean | undefined;
}

/** Copies between a container, which may run or not, and this machine. */
export function copyAction(argv: CopyArguments): Promise<number> {
  const [from, to] = [argv.source, argv.destination].map((text) => placeOf(keepDash(text) ?? '')) as [Place, Place];
  if ((from.container === undefined) === (to.container === undefined)) {
    throw new TsbuildError('USAGE', 'one of the two must be in a container, and the other on this machine', {
      hint: 'e.g. tsbuild cp NAME:/etc/hosts . or tsbuild cp ./site NAME:/var/www',
    });
  }
  return inNamespace(argv, async (environment) => {
    const context = await openContainers(environment);
    const name = from.container ?? to.container ?? '';
    const files = await filesOf(findContainer(context.store.containers, name), context);
    const options = { follow: argv.followLink === true, owners: argv.archive === true };
    if (from.container !== undefined) await copyOut(files, from.path, to.path, options);
    else await copyIn(files, from.path, to.path, options);
    return 0;
  });
}

/** `CONTAINER:PATH`; what has a slash before the colon is a path of this machine. */
interface Place {
  container?: string;
  path: string;
}

function placeOf(text: string): Place {
  const [, container, path = ''] = /^([^/:]+):(.*)$/s.exec(text) ?? [];
  return container === undefined || text.startsWith('.') ? { path: text } : { container, path: absolute(path) };
}

/** Paths of a container start at its root. */
function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

interface CopyOptions {
  follow: boolean;
  owners: boolean;
}

async function copyOut(
  files: ContainerFiles,
  path: string,
  destination: string,
  { follow, owners }: CopyOptions,
): Promise<void> {
  const chunks = files.read(path, { follow });
  if (destination === '-') {
    for await (const chunk of chunks) if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
    return;
  }
  const { root, below } = localTarget(destination);
  await writeArchive(root, below, chunks, { raw: false, owners });
}

async function copyIn(files: ContainerFiles, source: string, path: string, { follow }: CopyOptions): Promise<void> {
  const raw = source === '-';
  const chunks = raw
    ? (process.stdin as AsyncIterable<Buffer>)
    : produced((send) => readArchive('/', localPath(source), send, { follow }));
  await files.write(path, chunks, { raw });
}

/** An absolute path that still ends as it was written: `/.` means what is in the directory. */
function localPath(path: string): string {
  const [ending = ''] = /\/\.?$/.exec(path) ?? [];
  return `${resolve(path)}${path === '.' ? '/.' : ending}`;
}

/**
 * The directory that what comes out of a container must not leave, whatever links come with it, and the path in there:
 * the destination where that is a directory, else the one that it is in.
 */
function localTarget(destination: string): { root: string; below: string } {
  const path = resolve(destination);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return { root: path, below: '/' };
  const parent = dirname(path);
  if (!statSync(parent, { throwIfNoEntry: false })?.isDirectory()) {
    throw new TsbuildError('NOT_FOUND', `the directory ${parent} does not exist`, { hint: 'make it first' });
  }
  return { root: parent, below: `/${basename(path)}${destination.endsWith('/') ? '/' : ''}` };
}
