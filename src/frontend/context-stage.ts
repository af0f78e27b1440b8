import type { Vertex } from '../graph/vertex.ts';
import type { Platform } from '../oci/types.ts';
import type { FromTree } from './convert/context.ts';
import { imagePlatform, imageVertex } from './image-vertex.ts';
import type { NamedContext } from './plan-types.ts';
import {
  type Stage,
  type StageVertices,
  stageFromImage,
  stageFromPlan,
  stageFromScratch,
  stageFromTree,
} from './stage.ts';

/** Where a named context stands in for an image or a stage. */
export interface ContextUse {
  name: string;
  platform: Platform;
  vertices: StageVertices;
}

/** What a stage begins with where its FROM names a context, or all that it is where its own name is one. */
export function stageFromContext(context: NamedContext, { name, platform, vertices }: ContextUse): Stage {
  switch (context.kind) {
    case 'plan':
      return stageFromPlan(context.plan, vertices);
    case 'image': {
      const rootfs = imageVertex(context.image, { name: shown(name, `FROM ${context.image.reference}`) });
      return stageFromImage(context.image, rootfs, imagePlatform(context.image), vertices);
    }
    case 'directory': {
      const rootfs = wholeDirectory(name, stageFromScratch(platform, { ...vertices, scope: context.scope }));
      return stageFromTree({ name, rootfs }, platform, vertices);
    }
    case 'tree':
      return stageFromTree({ name, rootfs: context.vertex }, platform, vertices);
  }
}

/** What `--from` of a COPY or a mount reads where it names a context. */
export function treeFromContext(context: NamedContext, use: ContextUse): FromTree {
  const vertex = stageFromContext(context, use).rootfs;
  return context.kind === 'directory' ? { vertex, scope: context.scope } : { vertex };
}

/** A directory as a root filesystem, for whoever needs all of it. */
function wholeDirectory(name: string, { rootfs, vertices }: Stage): Vertex {
  return {
    ...vertices,
    op: { kind: 'copy', from: 'context', sources: [{ pattern: '' }], destination: '/' },
    inputs: [rootfs],
    display: { name: shown(name, 'load') },
  };
}

/** As the reference builder shows it. */
function shown(name: string, what: string): string {
  return `[context ${name}] ${what}`;
}
