import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { isErrno, TsbuildError } from '../base/error.ts';
import { type Default, type FileDefault, readDefaults } from './option-file.ts';
import type { ProjectFile } from './project-path.ts';
import { readUserConfig, type UserConfig } from './user-config.ts';
import { YamlText } from './yaml-text.ts';

interface Files {
  project: ProjectFile | undefined;
  env: Readonly<Record<string, string | undefined>>;
}

/** What the user's file says, and then the project's, which wins. */
export function fileDefaults({ project, env }: Files): Default[] {
  const user = readUserConfig(env);
  const users = user.text === undefined ? [] : readDefaults({ text: user.text });
  return [
    ...users.map((each): Default => ({ ...each, from: 'user' })),
    ...projectDefaults(project, user, env).map((each): Default => ({ ...each, from: 'project' })),
  ];
}

function projectDefaults(project: ProjectFile | undefined, user: UserConfig, env: Files['env']): FileDefault[] {
  if (project === undefined || project.refused !== undefined) return [];
  const text = YamlText.read(project.path);
  if (text === undefined) {
    throw new TsbuildError('NOT_FOUND', `$TSBUILD_PROJECT_CONFIG names ${project.path}, which does not exist`);
  }
  const trusted = trustedDirectories(user, env).some((directory) => `${dirname(project.path)}/`.startsWith(directory));
  return readDefaults({ text, project: { trusted, userPath: userPathOf(user) } });
}

function userPathOf({ path, text }: UserConfig): string {
  return text === undefined ? '~/.config/tsbuild/config.yaml' : path;
}

/** The section `trust` of the user's settings: directories whose projects may say what the user may; with a slash. */
function trustedDirectories({ text }: UserConfig, { HOME }: Files['env']): string[] {
  const section = text?.sections().find(({ name }) => name === 'trust');
  if (text === undefined || section === undefined) return [];
  return (text.elements(section.value) ?? [section.value]).map((element) => {
    const written = (text.text(element) ?? '').replace(/^~(?=\/|$)/, HOME || homedir());
    if (!isAbsolute(written)) {
      throw text.wrong(element ?? section.key, 'trust is not a list of absolute directories such as /srv/app or ~/src');
    }
    return join(realPath(written), '/');
  });
}

/** As the working directory is seen. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return path;
    throw error;
  }
}
