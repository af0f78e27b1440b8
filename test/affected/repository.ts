import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const IDENTITY = {
  GIT_AUTHOR_NAME: 't',
  GIT_AUTHOR_EMAIL: 't@example.com',
  GIT_COMMITTER_NAME: 't',
  GIT_COMMITTER_EMAIL: 't@example.com',
};

const SERVICES = ['a', 'b', 'c', 'd'];

function buildFile(name: string, index: number): string {
  const isBuiltOnLibrary = index % 2 === 0;
  return `FROM scratch AS files
COPY services/${name} /src
FROM scratch AS unused
COPY services/${name}/test /test
FROM busybox AS made
ARG NAME
RUN --mount=type=bind,source=services/${name}/input,target=/input cat /input > /out; echo "$NAME" >> /out
FROM scratch
ARG VERSION=0
COPY --from=files /src/main /app/main
COPY shared/a* /shared/
${index === 1 ? 'COPY --from=made /out /out\n' : ''}${isBuiltOnLibrary ? 'COPY --from=library /library/code /library/code\n' : ''}LABEL version=$VERSION
`;
}

const BAKE_FILE = `
variable "VERSION" { default = "1" }
group "default" { targets = ["service", "tool", "library"] }
target "library" { context = "library" }
target "tool" {
  dockerfile-inline = <<EOT
FROM scratch
COPY --parents shared/**/deep /
COPY --from=more . /more/
EOT
  contexts = { more = "more" }
}
target "service" {
  matrix     = { item = [${SERVICES.map((name) => `"${name}"`).join(', ')}] }
  name       = "service-\${item}"
  dockerfile = "services/\${item}/Dockerfile"
  contexts   = { library = "target:library" }
  tags       = ["service/\${item}"]
  args       = { NAME = item, VERSION = item == "c" ? VERSION : "fixed" }
}
`;

/** A git repository of a few targets that share files, a library and a bake file. */
export class TestRepository {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
    const files: Record<string, string> = {
      'docker-bake.hcl': BAKE_FILE,
      '.dockerignore': '**/*.md\n',
      'README.md': 'of no image\n',
      'shared/a1': '1\n',
      'shared/a2': '2\n',
      'shared/b': 'b\n',
      'shared/x/y/deep': 'deep\n',
      'more/one': '1\n',
      'more/.dockerignore': 'ignored\n',
      'more/ignored': '1\n',
      'library/Dockerfile': 'FROM scratch\nCOPY code other* /library/\n',
      'library/code': 'code\n',
      'library/other': 'other\n',
      'library/notes': 'notes\n',
    };
    for (const [index, name] of SERVICES.entries()) {
      files[`services/${name}/Dockerfile`] = buildFile(name, index);
      files[`services/${name}/main`] = `${name}\n`;
      files[`services/${name}/input`] = `${name}\n`;
      files[`services/${name}/docs/guide.md`] = `${name}\n`;
      files[`services/${name}/test/t`] = `${name}\n`;
    }
    for (const [path, content] of Object.entries(files)) this.write(path, content);
    this.git('init', '-q', '-b', 'main');
    this.commit();
  }

  at(path: string): string {
    return join(this.directory, path);
  }

  write(path: string, content: string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), content);
  }

  /** Puts another text into the place of one that is there. */
  replace(path: string, from: string | RegExp, to: string): void {
    const text = readFileSync(this.at(path), 'utf8');
    if (text.replace(from, '\0') === text) throw new Error(`${path} has no ${from}`);
    this.write(path, text.replace(from, to));
  }

  toggleExecutable(path: string): void {
    chmodSync(this.at(path), statSync(this.at(path)).mode ^ 0o111);
  }

  remove(path: string): void {
    rmSync(this.at(path), { recursive: true });
  }

  commit(): void {
    this.git('add', '-A');
    this.git('commit', '-qm', 'state');
  }

  /** Everything as the last commit has it. */
  reset(): void {
    this.git('reset', '-q', '--hard');
    this.git('clean', '-qfd');
  }

  /** The files that git knows. */
  files(): string[] {
    return this.git('ls-files').trimEnd().split('\n');
  }

  git(...args: string[]): string {
    const env = { ...process.env, ...IDENTITY };
    return execFileSync('git', args, {
      cwd: this.directory,
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }
}
