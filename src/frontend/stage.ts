import type { ImagePlan, PlannedHistory } from '../graph/image-plan.ts';
import type { Vertex } from '../graph/vertex.ts';
import { DEFAULT_PATH } from '../oci/default-path.ts';
import type { ContainerConfig, Platform } from '../oci/types.ts';
import type { ResolvedImage } from './plan-types.ts';

export type MutableConfig = { -readonly [Key in keyof ContainerConfig]: ContainerConfig[Key] };

export interface DeclaredArgument {
  name: string;
  value: string | undefined;
}

/** What the vertices of a stage have in common. */
export type StageVertices = Pick<Vertex, 'scope' | 'ignoreCache'>;

/** A stage while its instructions are converted one after the other. */
export interface Stage {
  rootfs: Vertex;
  vertices: StageVertices;
  platform: Platform;
  config: MutableConfig;
  /** What words expand to and what RUN sees: ENV and ARG in the order of the file, the later one wins. */
  variables: Map<string, string>;
  /** The ARG names declared in this stage, in order. */
  declared: DeclaredArgument[];
  /** CMD was set in this stage: ENTRYPOINT then leaves it alone. */
  commandSet: boolean;
  author: string | undefined;
  history: PlannedHistory[];
  baseCreated: string | undefined;
}

/** The empty root. */
export const SCRATCH: Vertex = {
  op: { kind: 'scratch' },
  inputs: [],
  display: { name: 'scratch', internal: true },
};

export function stageFromScratch(platform: Platform, vertices: StageVertices): Stage {
  const environment = [`PATH=${DEFAULT_PATH}`];
  return {
    vertices,
    rootfs: SCRATCH,
    platform,
    config: { Env: environment, WorkingDir: '/' },
    variables: variablesOf(environment),
    declared: [],
    commandSet: false,
    author: undefined,
    history: [],
    baseCreated: undefined,
  };
}

/** A PATH is always set, whatever the base image says. */
function withPath(environment: readonly string[]): readonly string[] {
  return variablesOf(environment).has('PATH') ? environment : [...environment, `PATH=${DEFAULT_PATH}`];
}

/** Inherits configuration, variables and history; ONBUILD triggers fire and are gone. */
export function stageFromImage(
  image: ResolvedImage,
  rootfs: Vertex,
  platform: Platform,
  vertices: StageVertices,
): Stage {
  const { OnBuild: _, ...config } = image.config.config ?? {};
  const environment = withPath(config.Env ?? []);
  return {
    rootfs,
    vertices,
    platform,
    config: { ...config, Env: environment },
    variables: variablesOf(environment),
    declared: [],
    commandSet: false,
    author: image.config.author,
    history: baseHistory(image),
    baseCreated: image.config.created,
  };
}

/**
 * A stage that begins where another one ended: its arguments stay in scope (ARG inherits through FROM), but where the
 * configuration has a variable of that name, it counts again.
 */
export function stageFromStage(parent: Stage, vertices: StageVertices): Stage {
  const { OnBuild: _, ...config } = parent.config;
  return {
    ...parent,
    vertices,
    config: { ...config },
    variables: new Map([...parent.variables, ...variablesOf(config.Env ?? [])]),
    declared: [...parent.declared],
    commandSet: false,
    history: [...parent.history],
  };
}

/** A stage on files that are no image: of a directory, or of a repository. They are one layer. */
export function stageFromTree(
  tree: { name: string; rootfs: Vertex },
  platform: Platform,
  vertices: StageVertices,
): Stage {
  const history: PlannedHistory[] = [{ from: 'step', createdBy: `FROM ${tree.name}`, emptyLayer: false }];
  return { ...stageFromScratch(platform, vertices), rootfs: tree.rootfs, history };
}

/** A stage on what another target builds. Its layers are ours, as those of an earlier stage are. */
export function stageFromPlan(plan: ImagePlan, vertices: StageVertices): Stage {
  const { OnBuild: _, ...config } = plan.config;
  const environment = withPath(config.Env ?? []);
  return {
    ...plan,
    vertices,
    config: { ...config, Env: environment },
    variables: variablesOf(environment),
    declared: [],
    commandSet: false,
    history: [...plan.history],
  };
}

/** An image without history, or with one that does not fit its layers, gets an entry for each layer. */
function baseHistory(image: ResolvedImage): PlannedHistory[] {
  const history = image.config.history ?? [];
  const withLayer = history.filter((entry) => entry.empty_layer !== true).length;
  const missing = Math.max(0, image.layers.length - withLayer);
  const filler = Array.from({ length: missing }, () => ({ created: image.config.created, comment: image.reference }));
  return [...history, ...filler].map((entry) => ({ from: 'base', entry }));
}

function variablesOf(environment: readonly string[]): Map<string, string> {
  return new Map(
    environment.map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

/** Sets `NAME=value` in the configuration, in the place of an earlier value of the name. */
export function setEnvironment(config: MutableConfig, name: string, value: string): void {
  const others = config.Env ?? [];
  const at = others.findIndex((pair) => pair.split('=', 1)[0] === name);
  const pair = `${name}=${value}`;
  config.Env = at < 0 ? [...others, pair] : others.with(at, pair);
}

/** An entry for an instruction that changes the configuration alone. */
export function recordMetadata(stage: Stage, createdBy: string): void {
  stage.history.push({ from: 'step', createdBy, emptyLayer: true });
}

/** Puts a step on top of the stage's root filesystem, with its entry in the history. */
export function addLayer(stage: Stage, rootfs: Vertex, createdBy: string): void {
  stage.rootfs = { ...stage.vertices, ...rootfs };
  stage.history.push({ from: 'step', createdBy, emptyLayer: false });
}
