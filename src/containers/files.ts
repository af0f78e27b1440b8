import { PassThrough } from 'node:stream';
import { readArchive } from './archive.ts';
import { ask } from './client.ts';
import { withIdleRoot } from './idle.ts';
import { FRAME } from './protocol.ts';
import type { ContainerContext } from './sandbox.ts';
import type { ContainerSpec } from './spec.ts';
import { readState } from './state.ts';
import { writeArchive } from './unarchive.ts';

/** Files of a container, as tars. */
export interface ContainerFiles {
  read(path: string, options: { follow: boolean }): AsyncIterable<Buffer>;
  /** `raw`: the archive is a stranger's, and goes below a directory. */
  write(path: string, chunks: AsyncIterable<Buffer>, options: { raw: boolean }): Promise<void>;
}

/** Through the supervisor of a container that runs; else in its root, which is mounted for as long as that takes. */
export async function filesOf(spec: ContainerSpec, context: ContainerContext): Promise<ContainerFiles> {
  const directory = context.store.containers.path(spec.id);
  const { status } = await readState(directory);
  return status === 'running' ? runningFiles(directory) : idleFiles(spec, context);
}

function runningFiles(directory: string): ContainerFiles {
  return {
    read: (path, { follow }) =>
      produced((send) =>
        ask(
          directory,
          { kind: 'read', path, follow },
          { hear: (kind, data) => (kind === FRAME.archive ? send(data) : undefined) },
        ),
      ),
    write: (path, body, { raw }) => ask(directory, { kind: 'write', path, raw }, { body }),
  };
}

function idleFiles(spec: ContainerSpec, context: ContainerContext): ContainerFiles {
  return {
    read: (path, options) =>
      produced((send) => withIdleRoot(spec, context, (root) => readArchive(root, path, send, options))),
    write: async (path, chunks, { raw }) => {
      await withIdleRoot(spec, context, (root) => writeArchive(root, path, chunks, { raw, owners: true }));
    },
  };
}

/** What `work` sends, at the pace of the reader. */
export async function* produced(
  work: (send: (chunk: Buffer) => Promise<void>) => Promise<unknown>,
): AsyncGenerator<Buffer> {
  const stream = new PassThrough();
  const send = (chunk: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  work(send).then(
    () => stream.end(),
    (error) => stream.destroy(error as Error),
  );
  for await (const chunk of stream) yield chunk as Buffer;
}
