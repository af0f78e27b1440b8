/** How deep stacks are divided. */
export interface StackShape {
  /** As many layers at the bottom are never merged. */
  plain: number;
  /** So many that lie on each other are merged into one, so many of those again into one, and so on. */
  width: number;
}

/**
 * What is never merged has room for base images, which have the most files, and for whole images of the usual depth: no
 * registry takes one of more layers. An overlay takes 500 lower directories (OVL_MAX_STACK of Linux), and with 31 left of
 * each level there is room for more layers than anybody can make.
 */
export const SHAPE: StackShape = { plain: 128, width: 32 };

/** One directory of a stack: a layer, or what `width ** level` layers come to that lie on each other. */
export interface StackPart {
  /** The topmost of its layers. */
  id: string;
  /** 0 for a layer. */
  level: number;
  /** What it lies on. */
  below: StackPart | undefined;
  /** What it is merged of, from the top down. */
  parts: readonly StackPart[];
  /** How many layers there are down to the bottom. */
  depth: number;
  /** Whether overlayfs understands every layer down to the bottom. What it does not is never merged. */
  mountable: boolean;
}

/** The stack of a layer over another one. Which parts a layer belongs to depends on nothing but what is below it. */
export function stackOn(
  below: StackPart | undefined,
  id: string,
  options: { mountable: boolean; shape: StackShape },
): StackPart {
  const mountable = options.mountable && below?.mountable !== false;
  let top: StackPart = { id, level: 0, below, parts: [], depth: (below?.depth ?? 0) + 1, mountable };
  while (mountable && completesRow(top, options.shape)) top = merged(top, options.shape);
  return top;
}

/** From the top down. */
export function partsOf(top: StackPart | undefined): StackPart[] {
  const parts: StackPart[] = [];
  for (let part = top; part !== undefined; part = part.below) parts.push(part);
  return parts;
}

function completesRow({ depth, level }: StackPart, { plain, width }: StackShape): boolean {
  return depth > plain && (depth - plain) % width ** (level + 1) === 0;
}

function merged(top: StackPart, { width }: StackShape): StackPart {
  const parts = [top];
  for (let lowest = top; parts.length < width; ) {
    lowest = lowest.below as StackPart;
    parts.push(lowest);
  }
  return { ...top, level: top.level + 1, below: parts.at(-1)?.below, parts };
}
