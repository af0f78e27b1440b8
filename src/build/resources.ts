import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { TsbuildError } from '../base/error.ts';
import { optionParts } from '../base/option-fields.ts';
import { didYouMean } from '../base/suggest.ts';
import type { SecretSource } from '../ops/mounts/secret.ts';
import type { AgentSource } from '../ssh/agent.ts';
import { parseKey } from '../ssh/key.ts';

const SECRET_FIELDS = ['id', 'src', 'source', 'env', 'type'];

/**
 * `--secret id=ID[,src=FILE|,env=NAME][,type=file|env]`, as docker reads it: without a source the variable or else the
 * file that is called like the id. Values are not read here.
 */
export function parseSecrets(texts: readonly string[], env: NodeJS.ProcessEnv): Map<string, SecretSource> {
  return new Map(texts.map((text) => parseSecret(text, env)));
}

function parseSecret(text: string, env: NodeJS.ProcessEnv): [string, SecretSource] {
  const fields = fieldsOf(text);
  const id = fields.get('id');
  if (id === undefined || id === '') throw invalid('secret', text, 'the field id is missing', 'write id=NAME,src=FILE');
  const source = fields.get('src') ?? fields.get('source');
  const type = fields.get('type');
  if (type !== undefined && type !== 'file' && type !== 'env') {
    throw invalid('secret', text, `unknown type ${JSON.stringify(type)}`, 'use type=file or type=env');
  }
  const variable = fields.get('env') ?? (type === 'env' ? (source ?? id) : undefined);
  if (variable !== undefined) return [id, { env: variable }];
  if (source === undefined && type === undefined && env[id] !== undefined) return [id, { env: id }];
  return [id, { file: existing(resolve(source ?? id), 'secret', text) }];
}

function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const field of optionParts('--secret', text)) {
    const equals = field.indexOf('=');
    if (equals < 0) throw invalid('secret', text, `the field ${field} has no value`, 'write id=NAME,src=FILE');
    const name = field.slice(0, equals).toLowerCase();
    if (!SECRET_FIELDS.includes(name)) {
      const hint = didYouMean(name, SECRET_FIELDS) ?? `the fields are ${SECRET_FIELDS.join(', ')}`;
      throw invalid('secret', text, `unknown field ${JSON.stringify(name)}`, hint);
    }
    fields.set(name, field.slice(equals + 1));
  }
  return fields;
}

/**
 * `--ssh ID[=SOCKET|=KEY[,KEY…]]`: without a path the agent of the environment. Keys are read here, so that a wrong one is
 * an error before anything runs.
 */
export function parseAgents(texts: readonly string[], env: NodeJS.ProcessEnv): Map<string, AgentSource> {
  return new Map(texts.map((text) => parseAgent(text, env)));
}

function parseAgent(text: string, { SSH_AUTH_SOCK }: NodeJS.ProcessEnv): [string, AgentSource] {
  const equals = text.indexOf('=');
  const id = equals < 0 ? text : text.slice(0, equals);
  if (id === '') throw invalid('ssh', text, 'it has no id', 'write --ssh default, or --ssh ID=KEYFILE');
  const paths = equals < 0 ? [] : text.slice(equals + 1).split(',');
  if (paths.length === 0) {
    if (SSH_AUTH_SOCK !== undefined && SSH_AUTH_SOCK !== '') return [id, { socket: SSH_AUTH_SOCK }];
    const hint = 'start one: eval $(ssh-agent) && ssh-add; or name a key: --ssh default=KEYFILE';
    throw invalid('ssh', text, 'there is no agent: SSH_AUTH_SOCK is not set', hint);
  }
  const files = paths.map((path) => existing(resolve(path), 'ssh', text));
  const sockets = files.filter((path) => statSync(path).isSocket());
  const [socket] = sockets;
  if (socket === undefined) return [id, { keys: files.map((path) => parseKey(readFileSync(path, 'latin1'), path)) }];
  if (files.length === 1) return [id, { socket }];
  throw invalid('ssh', text, 'a socket and something else', 'give one socket, or any number of keys');
}

function existing(path: string, option: string, text: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && !stats.isDirectory()) return path;
  throw new TsbuildError(
    'NOT_FOUND',
    `--${option} ${text}: ${path} ${stats === undefined ? 'does not exist' : 'is a directory'}`,
  );
}

function invalid(option: string, text: string, problem: string, hint: string): TsbuildError {
  return new TsbuildError('USAGE', `--${option} ${text}: ${problem}`, { hint });
}
