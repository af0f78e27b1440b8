import { GitFailure, runGit } from './git-program.ts';

/** Variables of ours that git, ssh and their helpers for credentials and connections need. */
const PASSED =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|XDG_.*|SSH_AUTH_SOCK|SSH_AGENT_PID|GIT_SSH|GIT_SSH_COMMAND|GIT_SSL_.*|(https?|no|all)_proxy)$/i;

/** What of the user's configuration says who we are and how a host is reached. Nothing else of it is read. */
const TAKEN = '^(credential|http|url)\\.|^core\\.sshcommand$';

/** Whoever a repository may be fetched from: no local files, and no `ext::`, which is a command. */
const PROTOCOLS = 'http:https:ssh:git';

const SETTINGS: readonly (readonly [name: string, value: string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.askPass', ''],
  ['core.autocrlf', 'false'],
  ['core.logAllRefUpdates', 'false'],
  ['init.templateDir', ''],
  ['init.defaultBranch', 'main'],
  ['advice.detachedHead', 'false'],
  ['safe.directory', '*'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['http.lowSpeedLimit', '1000'],
  ['http.lowSpeedTime', '60'],
];

export interface GitAccess {
  /** The repository's URL, with the Authorization header that goes to its host. */
  remote: string;
  authorization: string | undefined;
  signal: AbortSignal;
}

/**
 * The environment in which git works for us: without the configuration of the machine and the user but for what
 * TAKEN names, without questions, hooks and templates. Credentials are in the environment, which others cannot see,
 * and go to the origin of the repository only.
 */
export async function gitEnvironment(env: NodeJS.ProcessEnv, access: GitAccess): Promise<NodeJS.ProcessEnv> {
  const passed = Object.fromEntries(Object.entries(env).filter(([name]) => PASSED.test(name)));
  const base = { ...passed, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '', SSH_ASKPASS: '' };
  const settings = [...(await userSettings(base, access.signal)), ...SETTINGS, ...authorizationFor(access)];
  const pairs = settings.flatMap(([name, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, name],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    ...base,
    GIT_SSH_COMMAND: env.GIT_SSH_COMMAND ?? (env.GIT_SSH === undefined ? BATCH_SSH : undefined),
    GIT_SSL_CAINFO: env.GIT_SSL_CAINFO ?? env.SSL_CERT_FILE,
    GIT_ALLOW_PROTOCOL: PROTOCOLS,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(pairs),
  };
}

/** Nobody is there to answer a question. */
const BATCH_SSH = 'ssh -o BatchMode=yes -o ConnectTimeout=30';

async function userSettings(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<[string, string][]> {
  const settings: [string, string][] = [];
  for (const place of ['--system', '--global']) {
    const text = await readSettings(place, environment, signal);
    for (const entry of text.split('\0').filter((line) => line !== '')) {
      const newline = entry.indexOf('\n');
      settings.push(newline < 0 ? [entry, 'true'] : [entry.slice(0, newline), entry.slice(newline + 1)]);
    }
  }
  return settings;
}

async function readSettings(place: string, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  try {
    const args = ['config', place, '--includes', '--null', '--get-regexp', TAKEN];
    return await runGit(args, { directory: '/', environment, signal });
  } catch (error) {
    // There is no such file, or nothing of that in it.
    if (error instanceof GitFailure) return '';
    throw error;
  }
}

function authorizationFor({ remote, authorization }: GitAccess): [string, string][] {
  if (authorization === undefined) return [];
  return [[`http.${new URL(remote).origin}/.extraHeader`, `Authorization: ${authorization}`]];
}
