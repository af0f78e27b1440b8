import { posix } from 'node:path';
import type { Mount, MountSpec, RunInstruction, Word } from '../../../grammar/index.ts';
import { resolveMount } from '../../../grammar/words.ts';
import { toBytePath } from '../../base/bytepath.ts';
import type { Json } from '../../base/digest.ts';
import type { Vertex } from '../../graph/vertex.ts';
import { passedArgument } from '../arguments.ts';
import { type ConvertContext, errorAt, expandIn, type FromTree, requirePath } from './context.ts';

/** The mounts of a RUN for its op, and the vertices that they read, which are its inputs behind the first. */
export interface ConvertedMounts {
  mounts: readonly Json[] | undefined;
  inputs: readonly Vertex[];
}

/** Where a context's content lies in the tree that is made of it: a file or a directory, whichever the source is. */
const CONTEXT_SOURCE = 'content';
const SECRETS_DIRECTORY = '/run/secrets';
/** The reference's place, with the number of the mount. */
const AGENT_SOCKET = '/run/buildkit/ssh_agent.';

export async function mountsOf({ mounts: specs }: RunInstruction, context: ConvertContext): Promise<ConvertedMounts> {
  if (specs.length === 0) return { mounts: undefined, inputs: [] };
  const inputs = new MountInputs(context);
  const mounts: Json[] = [];
  for (const [index, spec] of specs.entries()) mounts.push(await mountOf(spec, index, inputs, context));
  return { mounts, inputs: inputs.vertices };
}

async function mountOf(spec: MountSpec, index: number, inputs: MountInputs, context: ConvertContext): Promise<Json> {
  const mount = resolveMount(spec, (text) => expandIn(context, { text, range: spec.range }));
  const { type, readonly } = mount;
  switch (mount.type) {
    case 'bind': {
      const tree = await inputs.treeOf(mount.from, mount.source, spec);
      return { type, target: targetOf(mount, context), readonly, ...tree };
    }
    case 'cache':
      return cacheOf(mount, spec, inputs, context);
    case 'tmpfs':
      return { type, target: targetOf(mount, context), readonly, size: mount.size };
    case 'secret': {
      const id = mount.id ?? posix.basename(mount.target ?? '');
      const { env, required } = mount;
      const byDefault = env === undefined ? `${SECRETS_DIRECTORY}/${posix.basename(id)}` : undefined;
      const target =
        mount.target === undefined && byDefault === undefined ? undefined : targetOf(mount, context, byDefault);
      return { type, id, target, env, required, ...ownerOf(mount) };
    }
    case 'ssh': {
      const target = targetOf(mount, context, `${AGENT_SOCKET}${index}`);
      return { type, id: mount.id ?? 'default', target, required: mount.required, ...ownerOf(mount) };
    }
  }
}

async function cacheOf(
  mount: Extract<Mount, { type: 'cache' }>,
  spec: MountSpec,
  inputs: MountInputs,
  context: ConvertContext,
): Promise<Json> {
  const { type, readonly, sharing, from, source } = mount;
  const target = targetOf(mount, context);
  return {
    type,
    target,
    readonly,
    sharing,
    id: mount.id ?? target,
    namespace: passedArgument(context.options, 'BUILDKIT_CACHE_MOUNT_NS') ?? '',
    seed: from === undefined ? undefined : await inputs.treeOf(from, source, spec),
    directory:
      from === undefined && source !== undefined ? toBytePath(requirePath(context, spec.range, source)) : undefined,
    ...ownerOf(mount),
  };
}

function ownerOf({ mode, uid, gid }: { mode: number | undefined; uid: number | undefined; gid: number | undefined }) {
  return { mode, uid, gid };
}

/** Absolute; a relative one joins the working directory. Nothing can be mounted over the root. */
function targetOf({ target = '', range }: Mount, context: ConvertContext, byDefault?: string): string {
  const written = requirePath(context, range, target || (byDefault ?? ''));
  const path = posix.resolve('/', context.stage.config.WorkingDir ?? '/', written);
  if (path !== '/') return toBytePath(path);
  const message = 'a mount cannot cover the root directory';
  throw errorAt(context, range, 'INVALID', message, 'choose a target below it, e.g. target=/src');
}

/** The trees that the mounts of one RUN read, each once. */
class MountInputs {
  readonly vertices: Vertex[] = [];
  readonly #context: ConvertContext;

  constructor(context: ConvertContext) {
    this.#context = context;
  }

  /** An input of the step, the RUN's own root being the first, and the path in it. */
  async treeOf(
    from: string | undefined,
    source: string | undefined,
    spec: MountSpec,
  ): Promise<{ input: number; source: string }> {
    const absolute = posix.resolve('/', requirePath(this.#context, spec.range, source ?? ''));
    const path = toBytePath(absolute.slice(1));
    const tree = from === undefined ? this.#context.stage.vertices : await this.#treeNamed(from, spec);
    if ('vertex' in tree && tree.scope === undefined) return { input: this.#add(tree.vertex), source: path };
    return { input: this.#add(this.#contextVertex(path, tree.scope, spec)), source: CONTEXT_SOURCE };
  }

  #add(vertex: Vertex): number {
    const known = this.vertices.indexOf(vertex);
    return known >= 0 ? known + 1 : this.vertices.push(vertex);
  }

  async #treeNamed(from: string, { fields, range }: MountSpec): Promise<FromTree> {
    if (from === 'scratch') return { vertex: scratch() };
    const word: Word = { text: from, range: fields.find(({ key }) => key === 'from')?.range ?? range };
    return this.#context.resolveFrom(word);
  }

  /** What is mounted of a build context, as its ignore file leaves it: copied, once for each content. */
  #contextVertex(path: string, scope: string | undefined, { range, source }: MountSpec): Vertex {
    return {
      op: {
        kind: 'copy',
        from: 'context',
        sources: [{ pattern: path.replace(/[*?[\\]/g, '\\$&') }],
        destination: `/${CONTEXT_SOURCE}`,
      },
      inputs: [scratch()],
      display: { name: '[internal] load mounted build context', location: range, source },
      ...this.#context.stage.vertices,
      scope,
    };
  }
}

function scratch(): Vertex {
  return { op: { kind: 'scratch' }, inputs: [], display: { name: 'scratch', internal: true } };
}
