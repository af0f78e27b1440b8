import { parseDigest } from '../base/digest.ts';
import { CheckedObject, defined, optional } from './fields.ts';
import type { ContainerConfig, EmptyObject, Healthcheck, History, ImageConfig, RootFs } from './types.ts';

/** Longest image configuration that is read; real ones with a hundred layers have some tens of kilobytes. */
export const MAX_CONFIG_SIZE = 8 * 1024 * 1024;

/**
 * Reads an untrusted image configuration. The fields of the image-spec and of Docker are kept, others are dropped:
 * an image built on top inherits only what we understand.
 */
export function parseImageConfig(document: Uint8Array | string): ImageConfig {
  const root = CheckedObject.parse(document, 'image config', MAX_CONFIG_SIZE);
  return defined<ImageConfig>({
    created: root.string('created'),
    author: root.string('author'),
    architecture: root.requiredString('architecture'),
    os: root.requiredString('os'),
    variant: root.string('variant') || undefined,
    'os.version': root.string('os.version'),
    'os.features': root.strings('os.features'),
    config: optional(root.object('config'), containerConfig),
    rootfs: rootFs(root.requiredObject('rootfs')),
    history: root.objects('history')?.map(history),
  });
}

function rootFs(object: CheckedObject): RootFs {
  if (object.string('type') !== 'layers') object.fail('type', '"layers"');
  return { type: 'layers', diff_ids: (object.strings('diff_ids') ?? []).map(parseDigest) };
}

function history(object: CheckedObject): History {
  return defined<History>({
    created: object.string('created'),
    created_by: object.string('created_by'),
    author: object.string('author'),
    comment: object.string('comment'),
    empty_layer: object.boolean('empty_layer'),
  });
}

function containerConfig(object: CheckedObject): ContainerConfig {
  return defined<ContainerConfig>({
    User: object.string('User'),
    ExposedPorts: emptyObjects(object.keys('ExposedPorts')),
    Env: object.strings('Env'),
    Entrypoint: object.strings('Entrypoint'),
    Cmd: object.strings('Cmd'),
    Volumes: emptyObjects(object.keys('Volumes')),
    WorkingDir: object.string('WorkingDir'),
    Labels: object.stringMap('Labels'),
    StopSignal: object.string('StopSignal'),
    ArgsEscaped: object.boolean('ArgsEscaped'),
    Healthcheck: optional(object.object('Healthcheck'), healthcheck),
    OnBuild: object.strings('OnBuild'),
    Shell: object.strings('Shell'),
  });
}

function healthcheck(object: CheckedObject): Healthcheck {
  return defined<Healthcheck>({
    Test: object.strings('Test'),
    Interval: object.count('Interval'),
    Timeout: object.count('Timeout'),
    StartPeriod: object.count('StartPeriod'),
    StartInterval: object.count('StartInterval'),
    Retries: object.count('Retries'),
  });
}

function emptyObjects(keys: readonly string[] | undefined): Readonly<Record<string, EmptyObject>> | undefined {
  return keys && Object.fromEntries(keys.map((key) => [key, {}]));
}
