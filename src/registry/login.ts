import { realpathSync } from 'node:fs';
import { writeFileAtomic } from '../base/atomic.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { eraseInCredentialProgram, storeInCredentialProgram } from './credential-program.ts';
import { type DockerConfig, fieldsOf, hostOf, readDockerConfig, readDockerDocument } from './docker-config.ts';
import { apiHost, credentialKey } from './host.ts';

export interface Login {
  username: string;
  password: string;
}

/** Where credentials went: the file, or the helper that the user's configuration names. */
export type LoginPlace = { file: string } | { helper: string };

/** Keeps credentials where Docker and its relatives find them too. They have been tried before. */
export async function storeLogin(domain: string, login: Login, env: NodeJS.ProcessEnv): Promise<LoginPlace> {
  const key = credentialKey(domain);
  const helper = helperOf(domain, readDockerConfig(env));
  if (helper !== undefined) {
    await storeInCredentialProgram(helper, key, login, env);
    return { helper };
  }
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  return { file: editAuths(env, (auths) => ({ ...auths, [key]: { auth } })) };
}

/** Forgets a registry; false where nothing of it was known in the file. A helper is asked in any case. */
export async function removeLogin(domain: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const config = readDockerConfig(env);
  const helper = helperOf(domain, config);
  if (helper !== undefined) await eraseInCredentialProgram(helper, credentialKey(domain), env);
  const names = namesOf(domain);
  const isOurs = (key: string) => names.includes(hostOf(key));
  const { root } = readDockerDocument(env);
  if (!Object.keys(fieldsOf(root.auths)).some(isOurs)) return helper !== undefined;
  editAuths(env, (auths) => Object.fromEntries(Object.entries(auths).filter(([key]) => !isOurs(key))));
  return true;
}

function helperOf(domain: string, { helpers, defaultHelper }: DockerConfig): string | undefined {
  const own = namesOf(domain).map((name) => helpers.get(name));
  return own.find((helper) => helper !== undefined) ?? defaultHelper;
}

function namesOf(domain: string): string[] {
  return [credentialKey(domain), domain, apiHost(domain)].map(hostOf);
}

/** Changes that field alone; the file, which may be a link, is replaced whole and is readable for its user only. */
function editAuths(
  env: NodeJS.ProcessEnv,
  edit: (auths: Readonly<Record<string, unknown>>) => Record<string, unknown>,
): string {
  const { path, root } = readDockerDocument(env);
  const text = JSON.stringify({ ...root, auths: edit(fieldsOf(root.auths)) }, null, '\t');
  try {
    writeFileAtomic(realPath(path), `${text}\n`);
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOSPC')) throw error;
    throw new TsbuildError('PERMISSION', `cannot write ${path}: ${error.message}`, {
      cause: error,
      hint: 'choose another directory with $DOCKER_CONFIG',
    });
  }
  return path;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return path;
    throw error;
  }
}
