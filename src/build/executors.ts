import { realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { LAUNCHER } from '../../runner/index.ts';
import { toBytePath } from '../base/bytepath.ts';
import { hexOf, type Json } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import { hiding, type IgnoreRules } from '../base/ignore.ts';
import { UrlCredentials } from '../base/url-credentials.ts';
import { proxyEnvironment } from '../frontend/arguments.ts';
import type { Executor, Vertex } from '../graph/vertex.ts';
import { ContextSource } from '../ops/context-source.ts';
import { copyExecutor } from '../ops/copy.ts';
import { imageExecutor, scratchExecutor } from '../ops/image.ts';
import { linkExecutor } from '../ops/link.ts';
import type { RemoteContext } from '../ops/remote-context.ts';
import { usableRootfs } from '../ops/rootfs.ts';
import type { RunContext } from '../ops/run.ts';
import type { SandboxContext, StepResources } from '../ops/run-sandbox.ts';
import { workdirExecutor } from '../ops/workdir.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import type { ContextDirectory } from './input.ts';
import { internalStep } from './internal-step.ts';
import type { BuildSettings, BuildTarget } from './target.ts';
import type { Workspace } from './workspace.ts';

/**
 * What steps of a target use that is no part of their identity. A vertex says in `scope` which one it means; of equal
 * vertices in several scopes, which run once, any will do.
 */
export interface Scope {
  /** The build context, of which the content that a step reads is in its key. */
  source: ContextSource;
  resources: StepResources;
}

/** The scopes of a build by their names. Targets with the same context share what is known of its files. */
export class Scopes {
  /** Of the URLs of all targets. */
  readonly credentials = new UrlCredentials();
  /** The build contexts, by scope. */
  readonly directories = new Map<string, ContextDirectory>();
  readonly #workspace: Workspace;
  readonly #onSecret: (value: Buffer) => void;
  readonly #scopes = new Map<string, Scope>();
  readonly #sources = new Map<string, ContextSource>();

  /** @param onSecret told of the values that steps are given, before they run */
  constructor(workspace: Workspace, onSecret: (value: Buffer) => void = () => undefined) {
    this.#workspace = workspace;
    this.#onSecret = onSecret;
  }

  /** Makes a scope and returns its name. */
  add(
    input: ContextDirectory,
    { buildArgs, secrets = new Map(), agents = new Map(), hosts = [], limits }: BuildTarget,
  ): string {
    const name = String(this.#scopes.size);
    const own = { hosts, limits, onSecret: this.#onSecret };
    const resources = { proxyEnvironment: proxyEnvironment(buildArgs), secrets, agents, ...own };
    this.directories.set(name, input);
    this.#scopes.set(name, { source: this.#sourceOf(input), resources });
    return name;
  }

  of({ scope = '', display }: Vertex): Scope {
    const found = this.#scopes.get(scope);
    if (found === undefined) throw new TsbuildError('INTERNAL', `${display.name} belongs to no target`);
    return found;
  }

  #sourceOf({ directory, rules, ignoreText, files }: ContextDirectory): ContextSource {
    const key = JSON.stringify([directory, ignoreText, files !== undefined]);
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    const { state, store } = this.#workspace;
    const temporary = this.#workspace.temporary();
    // What goes away with this build is not worth being remembered.
    const isPassing = directory.startsWith(temporary);
    const records = {
      // What is known of the files as they are says nothing of those as they were.
      get: (kind: string, key: `sha256:${string}`) =>
        files && kind === 'fingerprints' ? undefined : store.records.get(kind, hexOf(key)),
      put: (kind: string, key: `sha256:${string}`, value: unknown) => {
        if (files === undefined || kind === 'trees') store.records.put(kind, hexOf(key), value as Json);
      },
    };
    const kept = isPassing
      ? { state: temporary, records: { get: () => undefined, put: () => undefined } }
      : { state, records };
    const own = { directory, rules: withoutStore(directory, rules, store.layout.root), ignoreText, files };
    const source = new ContextSource({ ...own, ...kept });
    this.#sources.set(key, source);
    return source;
  }
}

/** A store that lies in a context is no part of it: it changes while it is being read. */
function withoutStore(directory: string, rules: IgnoreRules, store: string): IgnoreRules {
  const path = relative(directory, realpathSync(store));
  return path === '' || path.startsWith('..') ? rules : hiding(rules, toBytePath(path));
}

/** One executor for each kind of vertex. @param takeFailed see `RunContext` */
export function executorsOf(
  workspace: Workspace,
  scopes: Scopes,
  settings: BuildSettings,
  takeFailed?: RunContext['takeFailed'],
): Record<string, Executor> {
  const { emit, signal } = settings;
  const { snapshots, layers, state, onOwnershipLost, temporary, http, store } = workspace;
  const common = { snapshots, layers, onOwnershipLost };
  const remote: RemoteContext = {
    ...common,
    state,
    temporary,
    http,
    signal,
    credentials: scopes.credentials,
    records: {
      get: (key) => store.records.get('http', hexOf(key)),
      put: (key, value) => store.records.put('http', hexOf(key), value as Json),
    },
    step: (name, work) => internalStep(emit, name, work),
  };
  return {
    scratch: scratchExecutor,
    http: remoteExecutor(snapshots, async () => (await import('../ops/http.ts')).httpExecutor(remote)),
    git: remoteExecutor(snapshots, async () => (await import('../ops/git.ts')).gitExecutor(remote)),
    image: imageExecutor(snapshots),
    workdir: workdirExecutor(common),
    link: linkExecutor(snapshots),
    copy: copyExecutor({
      ...common,
      source: (vertex) => scopes.of(vertex).source,
      copies: {
        get: (key) => store.records.get('copies', hexOf(key)),
        put: (key, value) => store.records.put('copies', hexOf(key), value),
      },
    }),
    run: stepExecutor(snapshots, async () => {
      const { runExecutor } = await import('../ops/run.ts');
      return runExecutor({ ...sandboxContext(workspace, scopes, settings), takeFailed });
    }),
  };
}

/** An executor that is loaded when a vertex of its kind is planned: it looks at its source to say what that is. */
function remoteExecutor(snapshots: Snapshots, load: () => Promise<Executor>): Executor {
  const loaded = once(load);
  return {
    cacheable: true,
    usable: usableRootfs(snapshots),
    define: async (vertex) => (await loaded()).define?.(vertex) ?? null,
    execute: async (...of) => (await loaded()).execute(...of),
  };
}

/** An executor that is loaded when a vertex of its kind is not found by its definition. */
function stepExecutor(snapshots: Snapshots, load: () => Promise<Executor>): Executor {
  const loaded = once(load);
  return {
    cacheable: true,
    usable: usableRootfs(snapshots),
    contentOf: async (vertex, inputs) => (await loaded()).contentOf?.(vertex, inputs) ?? inputs.map(({ id }) => id),
    execute: async (...of) => (await loaded()).execute(...of),
  };
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load();
    return loading;
  };
}

/** What the steps of a build are executed with. */
export function sandboxContext(
  workspace: Workspace,
  scopes: Scopes,
  { singleUid, backend = LAUNCHER }: BuildSettings,
): SandboxContext {
  const { snapshots, layers, state, network, roots, onOwnershipLost } = workspace;
  const resources: SandboxContext['resources'] = (vertex) => scopes.of(vertex).resources;
  const own = { singleUid, backend, resources, mountSource: () => workspace.mountSource };
  return { snapshots, layers, state, network, roots, onOwnershipLost, ...own };
}
