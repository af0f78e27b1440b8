import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, needProgram } from '../house/programs.ts';
import { busyboxRoot } from '../support/busybox.ts';
import { Workplace } from '../support/workplace.ts';
import type { ConformanceCase } from './cases.ts';
import { type Picture, pictureOf } from './picture.ts';

/** Builds cases; the image `local/busybox` is there to build on. */
export interface Builder {
  build(build: ConformanceCase, context: string): Promise<Picture>;
  remove(): void;
}

const BASE = 'local/busybox:latest';

/** Ours, and the base image as an archive for the others. */
export async function tsbuild(): Promise<Builder & { base: string }> {
  const place = new Workplace();
  await place.ok(['import', await busyboxRoot(), BASE]);
  const base = place.at('base.tar');
  await place.ok(['save', '--format', 'docker', '-o', base, BASE]);
  return {
    base,
    async build({ name, args, file }, context) {
      const tar = place.at(`${name}.tar`);
      const outputs = ['-o', `type=tar,dest=${tar}`, '-o', 'type=image'];
      await place.ok(['build', '-q', ...args, '-t', name, '-f', file, ...outputs, context]);
      const [image] = JSON.parse(await place.ok(['inspect', name])) as [{ Config: Record<string, unknown> }];
      return pictureOf(image.Config, readFileSync(tar));
    },
    remove: () => place.remove(),
  };
}

/** Debian's buildah. One layer for all steps: how a build is cut into layers is each builder's own business. */
export function buildah(base: string): Builder {
  const program = needProgram('buildah');
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-buildah-'));
  const state = ['--root', join(directory, 'root'), '--runroot', join(directory, 'run'), '--storage-driver', 'overlay'];
  const buildah = (...args: string[]) => run(program, [...state, ...args]);
  buildah('pull', '-q', `docker-archive:${base}`);
  const options = ['--isolation', 'chroot', '--format', 'docker', '--layers=false', '--identity-label=false'];
  return {
    async build({ name, args, file }, context) {
      const tar = join(directory, `${name}.tar`);
      const outputs = ['--output', `type=tar,dest=${tar}`, '-t', name];
      buildah('bud', '-q', '--pull-never', ...options, ...outputs, ...args, '-f', file, context);
      const { Docker } = JSON.parse(buildah('inspect', '--type', 'image', name)) as Inspected;
      buildah('rmi', name);
      const picture = pictureOf(Docker.config, readFileSync(tar));
      rmSync(tar);
      return picture;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

interface Inspected {
  Docker: { config: Record<string, unknown> };
}

/** Docker with BuildKit, where an engine answers. It builds with the engine's own Dockerfile frontend. */
export function docker(base: string): Builder | undefined {
  const program = findProgram('docker');
  if (program === undefined || !answers(program)) return undefined;
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-docker-'));
  const docker = (...args: string[]) => run(program, args);
  docker('load', '-q', '-i', base);
  return {
    async build({ name, args, file }, context) {
      const tar = join(directory, `${name}.tar`);
      const common = ['buildx', 'build', '-q', '--network=none', '--provenance=false', ...args, '-f', file, context];
      docker(...common, '-t', `conformance/${name}`);
      docker(...common, '-o', `type=tar,dest=${tar}`);
      const [image] = JSON.parse(docker('inspect', `conformance/${name}`)) as [{ Config: Record<string, unknown> }];
      docker('rmi', '-f', `conformance/${name}`);
      return pictureOf(image.Config, readFileSync(tar));
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function answers(program: string): boolean {
  try {
    run(program, ['version', '--format', '{{.Server.Version}}']);
    run(program, ['buildx', 'version']);
    return true;
  } catch {
    return false;
  }
}

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 << 20 });
}
