import { TsbuildError } from '../base/error.ts';
import { inspectContainer } from '../containers/inspect.ts';
import type { ContainerSpec } from '../containers/spec.ts';
import { readState } from '../containers/state.ts';
import type { ImageSource } from '../ops/image-source.ts';
import type { Store } from '../store/open.ts';
import { inspectImage } from './image-actions.ts';
import { withStore } from './open.ts';
import type { GlobalArguments } from './options.ts';
import { fillTemplate } from './template.ts';

export interface InspectArguments extends GlobalArguments {
  name: string[];
  format?: string | undefined;
  type?: 'container' | 'image' | undefined;
}

/** One JSON array of what the names mean, a container before an image; or a line for each. */
export async function inspectAction({ name: names, format, type, ...argv }: InspectArguments): Promise<number> {
  return withStore(argv, async (store, images) => {
    const found = await Promise.all(names.map((name) => inspect(name, type, store, images)));
    const isText = format !== undefined && format !== 'json';
    const lines = isText ? found.map((value) => fillTemplate(format, value)) : [JSON.stringify(found, null, 2)];
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
    return 0;
  });
}

async function inspect(
  name: string,
  type: InspectArguments['type'],
  store: Store,
  images: ImageSource,
): Promise<object> {
  if (type !== 'image') {
    const spec = containerOf(name, store, type === undefined);
    if (spec !== undefined) return inspectContainer(spec, await readState(store.containers.path(spec.id)), store);
  }
  return inspectImage(name, store, images);
}

function containerOf(name: string, { containers }: Store, isOptional: boolean): ContainerSpec | undefined {
  try {
    return containers.find(name) as ContainerSpec;
  } catch (error) {
    if (isOptional && error instanceof TsbuildError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
