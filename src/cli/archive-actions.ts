import { epochOf } from '../build/epoch.ts';
import { importRootfs } from '../export/import.ts';
import { loadArchive } from '../export/load.ts';
import { writeArchive } from '../export/write-archive.ts';
import { hostPlatform } from '../oci/platform.ts';
import { familiarName, formatReference, parseReference } from '../oci/reference.ts';
import type { ImageSource } from '../ops/image-source.ts';
import { tagName } from './build-options.ts';
import { environmentOf, inNamespace } from './namespace.ts';
import { withWorkspace } from './open.ts';
import type { GlobalArguments } from './options.ts';
import { cancelOnSignals } from './signals.ts';

type Quiet = GlobalArguments & { quiet?: boolean | undefined };

/** Writes images with all of their layers into one archive. */
export async function saveAction(
  argv: GlobalArguments & { image: string[]; output: string; format: 'docker' | 'oci' },
): Promise<number> {
  return cancellable(async (signal) =>
    withWorkspace(environmentOf(argv), signal, async (workspace) => {
      const images = await Promise.all(
        argv.image.map(async (name) => {
          const { reference, descriptor } = await storedFor(argv.format, name, workspace.images);
          const references = parseReference(reference).tag === undefined ? [] : [tagName(reference)];
          return { descriptor, references };
        }),
      );
      await writeArchive({ type: argv.format, destination: argv.output }, images, workspace, { signal });
      return 0;
    }),
  );
}

/** An archive for docker holds images of one platform; in an OCI archive an index is what it is. */
async function storedFor(format: 'docker' | 'oci', name: string, images: ImageSource) {
  if (format === 'docker') return images.stored(name, hostPlatform());
  const { reference, descriptor } = images.find(name);
  return { reference: formatReference(reference), descriptor };
}

/** Takes in the images of an archive, with the names it gives them. */
export async function loadAction(argv: Quiet & { input: string }): Promise<number> {
  return cancellable(async (signal) =>
    withWorkspace(environmentOf(argv), signal, async ({ store }) => {
      for (const { id, references } of await loadArchive(argv.input, store, signal)) {
        const shown = references.length === 0 ? [id] : references.map((name) => familiarName(parseReference(name)));
        for (const name of shown) process.stdout.write(argv.quiet ? `${id}\n` : `loaded image: ${name}\n`);
      }
      return 0;
    }),
  );
}

/** Makes an image of one layer. Prints its ID. Runs as root of a user namespace, in which our own files are root's. */
export async function importAction(argv: Quiet & { source: string; name?: string | undefined }): Promise<number> {
  return inNamespace(argv, (environment) =>
    cancellable(async (signal) =>
      withWorkspace(environment, signal, async ({ store }) => {
        const epoch = epochOf(process.env.SOURCE_DATE_EPOCH);
        const { manifest, descriptor } = await importRootfs(argv.source, store.content, { epoch, signal });
        if (argv.name === undefined) await store.images.add(descriptor);
        else await store.images.tag(tagName(argv.name), descriptor);
        process.stdout.write(`${manifest.config.digest}\n`);
        return 0;
      }),
    ),
  );
}

async function cancellable(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const cancellation = cancelOnSignals();
  try {
    return await work(cancellation.signal);
  } catch (error) {
    const code = cancellation.exitCode();
    if (code === undefined) throw error;
    return code;
  } finally {
    cancellation.dispose();
  }
}
