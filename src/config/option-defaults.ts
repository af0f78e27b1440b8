import { configPath } from './config-path.ts';
import type { Default } from './option-file.ts';
import { SETTINGS, type Section } from './option-table.ts';
import { findProjectFile, type ProjectFile } from './project-path.ts';

export interface Defaults {
  /** One for each option, or for each name of one like `build-arg`. */
  defaults: Default[];
  /** The file of the project, whether it is read or not. */
  project?: ProjectFile | undefined;
  /** The user's, which is read first. */
  user?: string | undefined;
}

interface Place {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
}

/**
 * What holds where the command line is silent: the environment before the project's file before the user's. A parser
 * is loaded only where there is a file.
 */
export async function optionDefaults(place: Place): Promise<Defaults> {
  const project = findProjectFile(place);
  const user = configPath(place.env);
  const isRead = user !== undefined || (project !== undefined && project.refused === undefined);
  const written = isRead ? (await import('./file-defaults.ts')).fileDefaults({ project, env: place.env }) : [];
  const defaults = new Map<string, Default>();
  for (const each of [...written, ...environmentDefaults(place.env)]) {
    defaults.set([each.section, each.option, each.name ?? ''].join(' '), each);
  }
  return { defaults: [...defaults.values()], project, user };
}

function environmentDefaults(env: Place['env']): Default[] {
  return Object.entries(SETTINGS).flatMap(([section, settings]) =>
    Object.entries(settings).flatMap(([option, { environment: variable, kind }]): Default[] => {
      const value = variable === undefined ? undefined : env[variable];
      if (variable === undefined || value === undefined || value === '') return [];
      return [
        {
          section: section as Section,
          option,
          value: kind === 'list' ? [value] : value,
          from: 'environment',
          variable,
        },
      ];
    }),
  );
}
