import { DEFAULT_PATH } from '../oci/default-path.ts';
import type { ContainerSpec } from './spec.ts';

/** The variables of a container's program, with defaults only where neither the image nor the user has a name. */
export function environmentOf(
  { config, hostname }: Pick<ContainerSpec, 'config' | 'hostname'>,
  { home, tty, more = [] }: { home: string; tty: boolean; more?: readonly string[] },
): string[] {
  const terminal: Record<string, string> = tty ? { TERM: 'xterm' } : {};
  const variables = new Map(Object.entries({ PATH: DEFAULT_PATH, HOSTNAME: hostname, HOME: home, ...terminal }));
  for (const pair of [...(config.Env ?? []), ...more]) {
    const equals = pair.indexOf('=');
    variables.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return [...variables].map(([name, value]) => `${name}=${value}`);
}
