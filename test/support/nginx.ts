import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCertificate } from '../../fixtures/certificate.ts';
import { needProgram } from '../house/programs.ts';

export interface Nginx {
  /** `https://localhost:PORT`. */
  url: string;
  /** The certificate of the authority, a file in PEM. */
  caFile: string;
  /** What has been served so far: the lines of an access log in the format that the configuration names `served`. */
  served(): string[];
  stop(): Promise<void>;
}

/**
 * Starts nginx in front of something else, for https on a free port of the loopback interface. `http` is the content
 * of its `http` block and `server` that of its only server for https.
 */
export async function startNginx(options: {
  http: (directory: string) => string;
  server: string;
  files: Readonly<Record<string, string>>;
}): Promise<Nginx> {
  const program = needProgram('nginx');
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-nginx-'));
  const certificate = makeCertificate(directory, ['localhost']);
  for (const [name, content] of Object.entries(options.files)) writeFileSync(join(directory, name), content);
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  writeFileSync(
    join(directory, 'nginx.conf'),
    `daemon off; master_process off; pid nginx.pid; error_log stderr crit;
events { worker_connections 128; }
http {
  ${temporary.join(' ')}
  ${options.http(directory)}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificate.certificateFile};
    ssl_certificate_key ${certificate.keyFile};
    access_log served.log served;
    ${options.server}
  }
}
`,
  );
  const child = spawn(program, ['-p', directory, '-c', 'nginx.conf', '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const killAtExit = (): boolean => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  await listening(port, child);
  return {
    url: `https://localhost:${port}`,
    caFile: certificate.caFile,
    served: () => readFileSync(join(directory, 'served.log'), 'utf8').trim().split('\n'),
    async stop() {
      process.off('exit', killAtExit);
      await new Promise((done) => child.once('exit', done).kill('SIGKILL'));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** nginx takes no port from the kernel. */
function freePort(): Promise<number> {
  return new Promise((found, fail) => {
    const server = createServer().on('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address !== null ? found(address.port) : fail()));
    });
  });
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const answers = await new Promise<boolean>((answer) => {
      const socket = connect(port, '127.0.0.1', () => answer(true)).on('error', () => answer(false));
      socket.on('connect', () => socket.destroy());
    });
    if (answers) return;
    await sleep(10);
  }
  throw new Error('nginx ended');
}
