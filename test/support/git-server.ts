import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { needProgram } from '../house/programs.ts';

export interface GitServer {
  /** `http://127.0.0.1:PORT`; a repository is `/NAME.git` below. */
  url: string;
  host: string;
  /** What was asked: `GET /x.git/info/refs?service=git-upload-pack`. */
  requests: string[];
  /** The value of Authorization that every request needs. */
  requires: string | undefined;
  stop(): Promise<void>;
}

/** Serves the bare repositories of a directory over http with git's own program, on a free loopback port. */
export async function startGitServer(directory: string): Promise<GitServer> {
  const backend = join(
    execFileSync(needProgram('git'), ['--exec-path'], { encoding: 'utf8' }).trim(),
    'git-http-backend',
  );
  const server = createServer((request, response) => {
    served.requests.push(`${request.method} ${request.url}`);
    if (served.requires !== undefined && request.headers.authorization !== served.requires) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    } else answer(request, response, backend, directory);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const served: GitServer = {
    url: `http://${host}`,
    host,
    requests: [],
    requires: undefined,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return served;
}

/** One request by the rules of CGI (RFC 3875). */
function answer(request: IncomingMessage, response: ServerResponse, backend: string, directory: string): void {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const child = spawn(backend, {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REQUEST_METHOD: request.method,
      PATH_INFO: path,
      QUERY_STRING: query,
      CONTENT_TYPE: request.headers['content-type'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => respond(response, Buffer.concat(chunks)));
}

function respond(response: ServerResponse, output: Buffer): void {
  const end = output.indexOf('\r\n\r\n');
  const headers = output
    .subarray(0, end)
    .toString()
    .split('\r\n')
    .map((line) => line.split(': ', 2) as [string, string]);
  const status = headers.find(([name]) => name === 'Status')?.[1];
  for (const [name, value] of headers) if (name !== 'Status') response.setHeader(name, value);
  response.writeHead(status === undefined ? 200 : Number.parseInt(status, 10)).end(output.subarray(end + 4));
}

/** A script (`sh -e`) in a new repository `NAME.git` with a work tree, of which every commit is of one time. */
export function gitScript(directory: string, name: string, script: string): string {
  const bare = join(directory, `${name}.git`);
  const work = join(directory, `${name}-work`);
  mkdirSync(work, { recursive: true });
  const setUp = `if [ ! -d .git ]; then git init -q -b main .; git init -q --bare -b main ${bare}; git remote add origin ${bare}; fi`;
  return execFileSync(
    'sh',
    ['-ec', `umask 077\n${setUp}\n${script}\ngit push -q --all origin; git push -q --tags origin; git rev-parse HEAD`],
    {
      cwd: work,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: directory,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'a',
        GIT_AUTHOR_EMAIL: 'a@example.org',
        GIT_AUTHOR_DATE: '1600000000 +0000',
        GIT_COMMITTER_NAME: 'a',
        GIT_COMMITTER_EMAIL: 'a@example.org',
        GIT_COMMITTER_DATE: '1600000000 +0000',
        GIT_ALLOW_PROTOCOL: 'file:http',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  ).trim();
}
