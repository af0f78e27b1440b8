import { formatPlatform } from '../oci/platform.ts';
import { familiarName, parseReference } from '../oci/reference.ts';
import type { Platform } from '../oci/types.ts';

const PLATFORM_MARK = '::';

/**
 * The one spelling of a context's name, as the reference builder has it: `docker.io/library/alpine:latest` is
 * `alpine`. INVALID for what can be the name of no image and no stage.
 */
export function contextName(text: string): string {
  const at = text.indexOf(PLATFORM_MARK);
  if (at >= 0) return contextName(text.slice(0, at)) + text.slice(at);
  return familiarName(parseReference(text)).replace(/:latest$/, '');
}

/** What `contexts`, by their names, have for a name: for the platform that is asked for, else for all. */
export function findContext<T>(contexts: ReadonlyMap<string, T>, name: string, platform: Platform): T | undefined {
  if (contexts.size === 0) return undefined;
  const known = knownName(name);
  return contexts.get(known + PLATFORM_MARK + formatPlatform(platform)) ?? contexts.get(known);
}

/** A name that is no image's is left to who resolves it, and says what is wrong with it. */
function knownName(name: string): string {
  try {
    return contextName(name);
  } catch {
    return name;
  }
}
