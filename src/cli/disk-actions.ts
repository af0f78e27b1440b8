import type { GlobalArguments } from './options.ts';

export async function duAction(_: GlobalArguments): Promise<number> {
  return 0;
}
export async function pruneAction(_: GlobalArguments): Promise<number> {
  return 0;
}
